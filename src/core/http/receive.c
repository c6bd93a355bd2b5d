#include "receive.h"

#include <string.h>

#include "../clock.h"

/*
 * What all receivers together take in a step, and each of them at the least:
 * where bytes come as fast as they are taken libcurl would go on for as long
 * as the peer does, and hold up the host's loop.
 */
enum { STEP_BYTES = 1024 * 1024, LEAST_QUOTA = 32 * 1024 };

bool receive_piece(struct glc_transfer *transfer, struct glc_bytes piece) {
  const struct glc_receiver *receiver = &transfer->receiver;

  transfer->stalled =
      transfer->quota == 0 ||
      receiver->room(receiver->context) < piece.length;
  if (!transfer->stalled) {
    transfer->quota -=
        piece.length < transfer->quota ? piece.length : transfer->quota;
    (void)receiver->take(receiver->context, piece, &transfer->error);
  }
  return !transfer->stalled;
}

void receive_allow(struct surroundings *around) {
  struct glc_transfer *transfer = around->receiving;
  const size_t share =
      STEP_BYTES / (around->receivers > 0 ? around->receivers : 1);

  for (; transfer != NULL; transfer = transfer->next_receiving) {
    transfer->quota = share > LEAST_QUOTA ? share : LEAST_QUOTA;
  }
}

bool receive_may_go_on(const struct glc_transfer *transfer) {
  const struct glc_receiver *receiver = &transfer->receiver;

  return transfer->stalled && !transfer->done &&
         receiver->room(receiver->context) >= receiver->enough;
}

bool receive_is_settled(struct glc_transfer *transfer) {
  const struct glc_receiver *receiver = &transfer->receiver;
  struct glc_error error = {GLC_OK, ""};
  enum glc_code code = GLC_OK;
  bool is_settled = true;

  if (receiver->context != NULL) {
    is_settled = receiver->is_settled(receiver->context, &code, &error);
    if (code != GLC_OK && transfer->error.code == GLC_OK) {
      transfer->error = error;
    }
  }
  return is_settled;
}

void receive_begin(struct glc_transfer *transfer,
                   const struct glc_receiver *receiver) {
  struct surroundings *around = transfer->around;

  receive_drop(transfer);
  transfer->receiver = *receiver;
  transfer->next_receiving = around->receiving;
  transfer->receiving_link = &around->receiving;
  if (around->receiving != NULL) {
    around->receiving->receiving_link = &transfer->next_receiving;
  }
  around->receiving = transfer;
  around->receivers++;
}

void receive_drop(struct glc_transfer *transfer) {
  if (transfer->receiving_link != NULL) {
    transfer->receiver.drop(transfer->receiver.context);
    *transfer->receiving_link = transfer->next_receiving;
    if (transfer->next_receiving != NULL) {
      transfer->next_receiving->receiving_link = transfer->receiving_link;
    }
    transfer->receiving_link = NULL;
    transfer->around->receivers--;
  }
  memset(&transfer->receiver, 0, sizeof transfer->receiver);
  transfer->stalled = false;
}
