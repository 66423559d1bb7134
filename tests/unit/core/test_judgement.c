/* Ids of events: the same in every run, and in every other program that makes them. */
#include <string.h>

#include "core/day.h"
#include "core/judgement.h"
#include "tests/unit/check.h"

static void test_uuid(void **state)
{
	(void)state;
	/* as Python's uuid.uuid5(uuid.NAMESPACE_URL, name) says */
	static const struct {
		const char *name, *uuid;
	} rows[] = {
	    {"", "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},
	    {"http://example.com/", "0a300ee9-f9e4-5697-a51a-efc7fafaba67"},
	    {"ruascope:event:example.com|own.failing|own:example.com|2026-11-21",
	     "dfa62e59-45af-530b-b910-47a45560e249"},
	};
	char out[UUID_SIZE];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uuid_of_name(rows[i].name, strlen(rows[i].name), out);
		assert_int_equal(strlen(out), UUID_SIZE - 1);
		assert_int_equal(out[14], '5');
		assert_string_equal(out, rows[i].uuid);
	}
}

/* Of every length around a block of the hash nothing collides, and the bits of the variant are set.
 */
static void test_lengths(void **state)
{
	(void)state;
	char text[200], seen[130][UUID_SIZE];
	memset(text, 'x', sizeof text);
	for (size_t n = 0; n < 130; n++) {
		uuid_of_name(text, n, seen[n]);
		assert_non_null(strchr("89ab", seen[n][19]));
		for (size_t k = 0; k < n; k++)
			assert_string_not_equal(seen[k], seen[n]);
	}
}

static void test_event(void **state)
{
	(void)state;
	struct judged_event e = {.domain = "example.com",
				 .rule = "own.failing",
				 .subject = "own:example.com",
				 .opened = day_from_civil(2026, 11, 21)};
	char out[UUID_SIZE];
	const char *name = "ruascope:event:example.com|own.failing|own:example.com|2026-11-21";
	judged_event_name(&e);
	assert_string_equal(e.id, uuid_of_name(name, strlen(name), out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_uuid),
					   cmocka_unit_test(test_lengths),
					   cmocka_unit_test(test_event)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
