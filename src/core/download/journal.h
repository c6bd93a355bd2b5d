/* Who else keeps a journal: the ranges that write to it. */
#ifndef GLC_JOURNAL_H
#define GLC_JOURNAL_H

#include "download.h"

#pragma GCC visibility push(hidden)

/*
 * One more who keeps the journal in memory, and one less; NULL is allowed for
 * the latter. Once it was closed an append is a failure.
 */
struct glc_journal *journal_keep(struct glc_journal *journal);
void journal_drop(struct glc_journal *journal);

#pragma GCC visibility pop

#endif
