/*
 * check.h - cmocka with its prerequisites, and what tables of cases need.
 */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

/* cmocka.h wants these first, in this order */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A table row that fails says which one it was. */
#define CHECK_ROW(ok, row)                                                                         \
	do {                                                                                       \
		if (!(ok))                                                                         \
			fail_msg("row %zu: %s", (size_t)(row), #ok);                               \
	} while (0)

#endif
