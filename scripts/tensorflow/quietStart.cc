// A small addon that is loaded before the binding, because TensorFlow reads its environment while it is being loaded and
// `process.env` of a worker thread does not reach it. Hides notes about instruction sets; the one about oneDNN stays, as
// TensorFlow 2.21 writes it at any level.
#include <cstdlib>

#include <node_api.h>

NAPI_MODULE_INIT() {
  // What the user has set is kept.
  setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0);
  return exports;
}
