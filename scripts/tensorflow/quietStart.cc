// A small addon that is loaded before the binding, because TensorFlow looks at its environment while it is being loaded:
// without this every start prints lines about instruction sets. In a worker thread `process.env` would not reach it.
#include <cstdlib>

#include <node_api.h>

NAPI_MODULE_INIT() {
  // What the user has set is kept. The second is the default on x64, but is only silent when it is asked for.
  setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0);
#if defined(__x86_64__)
  setenv("TF_ENABLE_ONEDNN_OPTS", "1", 0);
#endif
  return exports;
}
