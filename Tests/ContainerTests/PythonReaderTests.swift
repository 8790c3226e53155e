// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import TestSupport
import Testing

/// `examples/read_tone.py`, which was written from the documents alone, agrees with this reader.
///
/// Needs Python with numpy and zstandard: the interpreter in `HALFTONE_PYTHON`, or `python3`.
@Suite(.enabled(if: Python.isUsable, "no Python with numpy and zstandard; set HALFTONE_PYTHON"))
struct PythonReaderTests {
  /// Prints a line for each thing that is wrong, and then how many files it saw.
  private static let script = """
    import glob, json, struct, sys
    import numpy as np
    import read_tone
    for path in sorted(glob.glob("valid/*.tone")):
        files = read_tone.parts(path)
        data = open(path[:-5] + ".safetensors", "rb").read()
        size, = struct.unpack("<Q", data[:8])
        for name, entry in json.loads(data[8:8 + size]).items():
            begin, end = entry["data_offsets"]
            expected = np.frombuffer(data[8 + size + begin:8 + size + end], "<u4")
            file, = (file for file in files if name in file.tensors)
            found = file.weights(name)
            if list(found.shape) != entry["shape"] or found.tobytes() != expected.tobytes():
                print(path, name, "differs")
    for path in sorted(glob.glob("invalid/*.tone")):
        try:
            for file in read_tone.parts(path):
                for at in range(len(file.components)):
                    file.bytes_of(at)
                for name in file.tensors:
                    file.weights(name)
            print(path, "is accepted")
        except (read_tone.ToneError, FileNotFoundError):
            pass
    file, = read_tone.parts("valid/unknown-encoding.tone")
    for name in ["operation", "operand", "order", "name", "step"]:
        try:
            file.weights(name)
            print(name, "is read, though its encoding is unknown")
        except read_tone.ToneError as error:
            if "is unknown" not in str(error):
                print(name, error)
    print(len(glob.glob("*/*.tone")), "files")
    """

  @Test func `it gives the expected numbers for valid files and refuses the others`() throws {
    let (output, status) = try Python.run(["-c", Self.script], in: Vectors.folder)
    let count = Vectors.names(in: "valid").count + Vectors.names(in: "invalid").count
    #expect(output == "\(count) files\n")
    #expect(status == 0)
  }

  @Test func `its command line lists, checks, prints and converts`() throws {
    let reader = Fixtures.repository.appending(path: "examples/read_tone.py").path
    let file = Vectors.path("valid", "compressed-directory")
    let folder = try TemporaryFolder()
    let list = try Python.run([reader, file], in: Vectors.folder)
    #expect(list.output.hasPrefix("w  int8  [4, 40]\nconfig.json  (a file)\n"))
    #expect(try Python.run([reader, file, "--check"], in: Vectors.folder) == ("", 0))
    #expect(try Python.run([reader, file, "--dump", "w"], in: Vectors.folder).status == 0)
    let target = folder.path("w.safetensors")
    let arguments = [reader, file, "--to-safetensors", target]
    #expect(try Python.run(arguments, in: Vectors.folder).status == 0)
    let found = try SafetensorsModel(path: target).weights(of: "w")
    #expect(try found == Vectors.expected("compressed-directory").weights(of: "w"))
    let refused = try Python.run([reader, Vectors.path("invalid", "gap")], in: Vectors.folder)
    #expect(refused.status == 1)
  }
}
