// SPDX-License-Identifier: Apache-2.0

// What llama.cpp makes of a GGUF file, for Tests/Interop/gguf_sink.py:
//
//   llama_cpp_logits logits MODEL FILE ID...    fp32 logits of every position, row after row
//   llama_cpp_logits tokens MODEL FILE TEXT     the ids of a text, with what the model adds to it
//
// The context has LLAMA_CPP_CONTEXT tokens, 512 by default: it is by this that llama.cpp tells whether a text is
// long. Text is read from the file TEXT; what is found is written to FILE as native numbers.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "llama.h"

static void silent(ggml_log_level level, const char *text, void *) {
  if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static int write_all(const char *path, const void *bytes, size_t size, size_t count) {
  FILE *file = fopen(path, "wb");
  if (file == nullptr || fwrite(bytes, size, count, file) != count) return 1;
  return fclose(file);
}

static int logits(llama_model *model, const char *path, std::vector<llama_token> ids) {
  llama_context_params params = llama_context_default_params();
  const char *size = getenv("LLAMA_CPP_CONTEXT");
  params.n_ctx = params.n_batch = params.n_ubatch = size == nullptr ? 512 : atoi(size);
  params.n_threads = params.n_threads_batch = 2;
  params.type_k = params.type_v = GGML_TYPE_F32;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  llama_context *context = llama_init_from_model(model, params);
  if (context == nullptr) return 1;
  const int count = static_cast<int>(ids.size());
  llama_batch batch = llama_batch_init(count, 0, 1);
  batch.n_tokens = count;
  for (int i = 0; i < count; i++) {
    batch.token[i] = ids[i];
    batch.pos[i] = i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
  if (llama_decode(context, batch) != 0) return 1;
  const size_t width = llama_vocab_n_tokens(llama_model_get_vocab(model));
  return write_all(path, llama_get_logits(context), sizeof(float), width * count);
}

static int tokens(llama_model *model, const char *path, const char *text_path) {
  std::ifstream file(text_path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<llama_token> ids(text.size() + 16);
  const int count = llama_tokenize(
      llama_model_get_vocab(model), text.data(), static_cast<int>(text.size()), ids.data(),
      static_cast<int>(ids.size()), true, true);
  return count < 0 ? 1 : write_all(path, ids.data(), sizeof(llama_token), count);
}

int main(int argc, char **argv) {
  if (argc < 5) return 64;
  llama_log_set(silent, nullptr);
  llama_backend_init();
  llama_model_params params = llama_model_default_params();
  params.use_extra_bufts = false;
  llama_model *model = llama_model_load_from_file(argv[2], params);
  if (model == nullptr) return 1;
  if (strcmp(argv[1], "tokens") == 0) return tokens(model, argv[3], argv[4]);
  std::vector<llama_token> ids;
  for (int i = 4; i < argc; i++) ids.push_back(atoi(argv[i]));
  return logits(model, argv[3], ids);
}
