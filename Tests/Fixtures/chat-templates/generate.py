#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what Transformers makes of chat templates: cases.json beside this file.

generate.py                     for the templates of this folder
generate.py FOLDER -o FILE      for those of another, such as llama.cpp's models/templates

Each case is a template, values, and either the text or the fact that the template refuses them.
Made with Transformers 5.23.0 and Jinja 3.1.6; the present is noon of 14 November 2023.
"""
import argparse
import datetime
import json
import pathlib

import transformers.utils.chat_template_utils as templates

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2023, 11, 14, 12, 0, 0)

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
USER = {"role": "user", "content": "  Wie spät ist es?\nTell me \"now\".  "}
SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "<think>\nhm\n</think>\n\nIt's noon. 🕛"}
AGAIN = {"role": "user", "content": "And now?"}
TOOL = {
    "type": "function",
    "function": {
        "name": "clock",
        "description": "Says the time.",
        "parameters": {
            "type": "object",
            "properties": {
                "zone": {"type": "string", "description": "a <zone> & more"},
                "count": {"type": "integer", "default": 3},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "list": {"type": "array", "items": {"type": "number"}},
            },
            "required": ["zone"],
        },
    },
}
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "call00001", "type": "function",
                    "function": {"name": "clock", "arguments": {"zone": "UTC", "count": 2}}}],
}
RESULT = {"role": "tool", "name": "clock", "tool_call_id": "call00001", "content": "12:00"}

CONVERSATIONS = [
    {"messages": [USER]},
    {"messages": [SYSTEM, USER]},
    {"messages": [SYSTEM, USER, ANSWER, AGAIN]},
    {"messages": [USER, ANSWER], "add_generation_prompt": False},
    {"messages": [USER, USER]},
    {"messages": [SYSTEM, USER], "tools": [TOOL]},
    {"messages": [USER, CALL, RESULT, ANSWER, AGAIN], "tools": [TOOL]},
    {"messages": [USER], "enable_thinking": False},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}]},
]


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=HERE, type=pathlib.Path)
    parser.add_argument("-o", "--output", default=HERE / "cases.json", type=pathlib.Path)
    options = parser.parse_args()
    templates.datetime = Clock
    cases = []
    for path in sorted(options.folder.glob("*.jinja")):
        template = path.read_text()
        for conversation in CONVERSATIONS:
            values = {"add_generation_prompt": True, "tools": None, "documents": None} | TOKENS | conversation
            case = {"template": path.name, "values": values}
            try:
                case["text"] = templates._compile_jinja_template(template).render(**values)
            except Exception as error:
                case["error"] = str(error)
            cases.append(case)
    options.output.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(cases)} cases of {len({case['template'] for case in cases})} templates")


main()
