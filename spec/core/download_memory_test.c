/* A download in which allocation n fails, for every n. */
#define _POSIX_C_SOURCE 200809L

#include "download_scene.h"
#include "faults.h"

static void test_faults(bool lasting) {
  unsigned long n = 0;
  bool fired = true;

  while (fired) {
    struct glc_error error;
    enum glc_code code;

    faults_arm(++n, lasting);
    code = scene_run(&error);
    fired = faults_disarm();
    CHECK(fired || code == GLC_OK);
    /* What OpenSSL could not allocate it may call by other names. */
    CHECK(code == GLC_OK || code == GLC_NO_MEMORY || code == GLC_CRYPTO ||
          code == GLC_FILE);
    CHECK(code == GLC_OK || error.message[0] != '\0');
    scene_check(code);
    scene_clean();
  }
  printf("download_memory: %lu allocations failed in turn\n", n - 1);
  CHECK(n > 20);
}

int main(void) {
  CHECK(faults_reach_openssl());
  if (scene_open()) {
    test_faults(false);
    test_faults(true);
    scene_close();
  }
  return check_report("download_memory");
}
