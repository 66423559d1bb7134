/*
 * fold_priv.h - private to this wing: what writing and reading a fold have in common.
 */
#ifndef DB_READ_FOLD_PRIV_H
#define DB_READ_FOLD_PRIV_H

#include "db/read/fold.h"

#define FOLD_VERSION 2
#define FOLD_HEAD    17 /* version, checksum of what follows */
#define FOLD_ID_SIZE 8  /* of a profile's digest */

static inline size_t fold_address_size(unsigned family)
{
	return family == 0 ? 0 : family == 4 ? 4 : 16;
}

#endif
