#include "report/sender/sentence.h"

#include "tests/unit/check.h"

static const struct {
	const char *text, *wanted;
} rows[] = {
    {"add ip4:192.0.2.7 to it", "Add ip4:192.0.2.7 to it."},
    {"failing: mx.example", "Failing: mx.example."},
    {"mx.example passes", "mx.example passes."},
    {"p=reject is published", "p=reject is published."},
    {"+all authorises every address", "+all authorises every address."},
    {"is it yours? Ask", "Is it yours? Ask."},
    {"is it yours?", "Is it yours?"},
    {"It is so.", "It is so."},
    {"see https://example.com/a", "See https://example.com/a"},
    {"don't", "Don't."},
    {"rua is missing", "rua is missing."},
    {"a", "A."},
    {"'tis so", "'tis so."},
    {"", ""},
};

static void test_sentences(void **state)
{
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(sentence(&a, rows[i].text), rows[i].wanted);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sentences)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
