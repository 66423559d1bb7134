/*
 * ingest/xml: the catalogue of oddities seen in real reports, one row or more for each number, and
 * what must hold for every document: whole or not at all, the same in pieces of any size, and no
 * cost for attacks.
 *
 * A row gives the parts of a document that differ from the ordinary one, and texts that the dump
 * (dump_sink.h) must contain, or with '!' in front must not. A number that cannot occur at this
 * stage has a row that says why.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "dns/names.h"
#include "ingest/xml/head.h"
#include "tests/unit/dump_sink.h"

static const struct name_rules *rules;
static struct limits limits = LIMITS_DEFAULT;
static struct xml_reader *reader;

#define DECL      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define RANGE     "<date_range><begin>1795305600</begin><end>1795391999</end></date_range>"
#define ORG       "<org_name>reporter.example</org_name>"
#define EMAIL     "<email>dmarc@reporter.example</email>"
#define ID        "<report_id>id-1</report_id>"
#define META(x)   "<report_metadata>" x "</report_metadata>\n"
#define POLICY(x) "<policy_published><domain>example.com</domain>" x "</policy_published>\n"
#define EVAL(disposition, dkim, spf, more)                                                         \
	"<policy_evaluated><disposition>" disposition "</disposition><dkim>" dkim                  \
	"</dkim><spf>" spf "</spf>" more "</policy_evaluated>"
#define ROW(ip, count, eval)                                                                       \
	"<row><source_ip>" ip "</source_ip><count>" count "</count>" eval "</row>"
#define IDS(x)  "<identifiers>" x "</identifiers>"
#define FROM    "<header_from>example.com</header_from>"
#define AUTH(x) "<auth_results>" x "</auth_results>"
#define DKIM_(d, s, r)                                                                             \
	"<dkim><domain>" d "</domain><selector>" s "</selector><result>" r "</result></dkim>"
#define SPF_(d, scope, r)    "<spf><domain>" d "</domain>" scope "<result>" r "</result></spf>"
#define MFROM                "<scope>mfrom</scope>"
#define RECORD(row, ids, au) "<record>" row ids au "</record>\n"
#define SIMPLE_EVAL          EVAL("none", "pass", "fail", "")
#define SIMPLE_ROW           ROW("192.0.2.1", "2", SIMPLE_EVAL)
#define SIMPLE_AUTH                                                                                \
	AUTH(DKIM_("example.com", "s1", "pass") SPF_("bounce.example.net", MFROM, "pass"))
#define SIMPLE_META       META(ORG EMAIL ID RANGE)
#define SIMPLE_POLICY     POLICY("<adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>")
#define SIMPLE_RECORD     RECORD(SIMPLE_ROW, IDS(FROM), SIMPLE_AUTH)
#define EVAL_RECORD(eval) RECORD(ROW("192.0.2.1", "2", eval), IDS(FROM), SIMPLE_AUTH)
#define AUTH_RECORD(auth) RECORD(SIMPLE_ROW, IDS(FROM), AUTH(auth))
#define IDS_RECORD(ids)   RECORD(SIMPLE_ROW, IDS(ids), SIMPLE_AUTH)
#define IP_RECORD(ip)     RECORD(ROW(ip, "2", SIMPLE_EVAL), IDS(FROM), SIMPLE_AUTH)
#define COUNT_RECORD(n)   RECORD(ROW("192.0.2.1", n, SIMPLE_EVAL), IDS(FROM), SIMPLE_AUTH)
#define REASON(x)         EVAL_RECORD(EVAL("none", "fail", "fail", "<reason>" x "</reason>"))
#define DATES(b, e)                                                                                \
	META(ORG EMAIL ID "<date_range><begin>" b "</begin><end>" e "</end></date_range>")
#define WHOLE(meta, policy, records) DECL "<feedback>" meta policy records "</feedback>"
#define PLAIN                        WHOLE(SIMPLE_META, SIMPLE_POLICY, SIMPLE_RECORD)
#define PLAIN_LINE                                                                                 \
	"record 192.0.2.1 n=2 disp=none eval=pass/fail from=example.com efrom=- eto=- reasons=[] " \
	"dkim=[example.com s1 pass -] spf=[bounce.example.net mfrom pass -] aligned=dkim cell=P3 " \
	"flags=[]\n"

struct row {
	int quirk;
	const char *doc; /* the whole document, or NULL: made of the parts, ordinary where NULL */
	size_t n;        /* of doc when it holds NULs */
	const char *before, *root, *meta, *policy, *records, *after;
	enum xml_verdict verdict;
	const char *expect[7]; /* of XML_REPORT: in the dump; else in the reason */
	const char *cannot;    /* why it cannot occur here */
};

#define DOC(s)     .doc = (s)
#define WIDE(s)    .doc = (s), .n = sizeof(s) - 1
#define SEES       .expect =
#define NO_WARNING "!warning"

static const struct row rows[] = {
    {0, SEES{PLAIN_LINE, NO_WARNING, " id=id-1 ", "records=1 messages=2"}},

    /* XML and encoding */
    {1, .before = "<?xml version=\"1.0\" encoding=\"windows-1252\"?>",
     .meta = META("<org_name>Sue\xf1o \x80</org_name>" EMAIL ID RANGE),
     SEES{"org=Sue\xc3\xb1o \xe2\x82\xac ", NO_WARNING}},
    {1, .before = "<?xml version=\"1.0\" encoding=\"windows-1252\"?>",
     .meta = META("<org_name>Sue\x81</org_name>" EMAIL ID RANGE),
     SEES{"org=Sue\xef\xbf\xbd ", "repaired"}},
    {1, .before = "<?xml version=\"1.0\" encoding=\"klingon-8\"?>",
     SEES{PLAIN_LINE, "warning the XML"}},
    {1, .before = "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
     SEES{PLAIN_LINE, "warning the XML"}},
    {1, .before = "<?xml version=\"1.0\" encoding='iso-8859-1' standalone=\"yes\" ?>",
     .meta = META("<org_name>\xe9</org_name>" EMAIL ID RANGE), SEES{"org=\xc3\xa9 ", NO_WARNING}},
    {2, .meta = META("<org_name>Sue\xf1o Fueguino</org_name>" EMAIL ID RANGE),
     SEES{"org=Sue\xef\xbf\xbdo Fueguino ", "warning 1 bytes that are no text replaced"}},
    {2, .before = "", .meta = META("<org_name>a\xed\xa0\x80 z\xe2\x82</org_name>" EMAIL ID RANGE),
     SEES{"org=a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd z\xef\xbf\xbd\xef\xbf\xbd "}},
    {3, .before = "\xef\xbb\xbf" DECL, SEES{PLAIN_LINE, NO_WARNING}},
    {3, .before = "\xef\xbb\xbf \r\n\t" DECL, SEES{PLAIN_LINE, NO_WARNING}},
    {3, .before = "  \n" DECL, SEES{PLAIN_LINE, NO_WARNING}},
    {4, .before = "", SEES{PLAIN_LINE, NO_WARNING}},
    {5, .before = "<?xml version=\"1.0\"?>", SEES{PLAIN_LINE, NO_WARNING}},
    {6, .before = "<?xml version=\"1.0\"?>\"", SEES{PLAIN_LINE, "repaired"}},
    {6, .before = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\">x y", SEES{PLAIN_LINE, "repaired"}},
    {6, .before = "<?xml version=\"1.0\" encoding=\"UTF-8\"\"?>", SEES{PLAIN_LINE, "repaired"}},
    {7,
     .before =
	 DECL "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"x\">",
     SEES{PLAIN_LINE, "warning <schema> around the report"}},
    {8, .meta = META(ORG "<email><x@y></email>" ID RANGE), SEES{"email=<x@y> ", "repaired"}},
    {8,
     .meta =
	 META(ORG EMAIL
	      "<extra_contact_info>a < b, 1<2 > <http://x/>, ]]></extra_contact_info>" ID RANGE),
     SEES{"extra=a < b, 1<2 > <http://x/>, ]]> id", "repaired"}},
    {9,
     .meta = META(
	 ORG EMAIL
	 "<extra_contact_info>http://x/?a=1&b=2&amp;c&#65;&nbsp;&</extra_contact_info>" ID RANGE),
     SEES{"extra=http://x/?a=1&b=2&cA&nbsp;& ", "repaired"}},
    {9, .meta = META("<org_name>A&B</org_name>" EMAIL ID RANGE), SEES{"org=A&B "}},
    {9,
     .meta = META("<org_name>A&#0;B&#x1f;C\x01"
		  "D</org_name>" EMAIL ID RANGE),
     SEES{"org=A&#0;B&#x1f;C\xef\xbf\xbd"
	  "D ",
	  "repaired"}},
    {10, .meta = META(ORG EMAIL "<report_id>202504210000000/report_id>" RANGE),
     .verdict = XML_DAMAGED, SEES{"line 3, byte ", "mismatch"}},
    {11, DOC(DECL "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "</feedback"),
     SEES{PLAIN_LINE, "warning the document ends without its last character"}},
    {11,
     DOC(DECL "<n:feedback xmlns:n='x'>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "</n:feedback \n"),
     SEES{PLAIN_LINE, "last character"}},
    {11, DOC(DECL "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "<record></feedback"),
     .verdict = XML_DAMAGED},
    {11, DOC(DECL "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD), .verdict = XML_DAMAGED,
     SEES{"cut"}},
    {11, DOC(DECL "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "</feed"),
     .verdict = XML_DAMAGED, SEES{"cut"}},
    {11, DOC(DECL "<feedbackx"), .verdict = XML_DAMAGED, SEES{"without an element"}},
    {12, .after = "</feedback>\n", SEES{PLAIN_LINE, "something follows"}},
    {12, .after = PLAIN, SEES{PLAIN_LINE, "records=1", NO_WARNING}} /* another report */,
    {12, .after = "x</feedback", SEES{PLAIN_LINE, "something follows", "!last character"}},
    {12, .after = "x", SEES{PLAIN_LINE, "something follows"}},
    {12, .after = "\n \r\n", SEES{PLAIN_LINE, NO_WARNING}},
    {12, WIDE(PLAIN "\0\0\0\0"), SEES{PLAIN_LINE, NO_WARNING}},
    {13, DOC("<html><body>hello</body></html>"), .verdict = XML_NOT_A_REPORT, SEES{"<html>"}},
    {13, DOC(DECL "<!-- nothing -->"), .verdict = XML_NOT_A_REPORT},
    {13, DOC(DECL "<report_metadata/>"), .verdict = XML_NOT_A_REPORT},
    {13, DOC("<!DOCTYPE html><html><body>&nbsp;<br></html>"), .verdict = XML_NOT_A_REPORT},
    {14, DOC("unused"), .verdict = XML_NOT_A_REPORT},
    {15, DOC(""), .verdict = XML_NOT_A_REPORT},
    {16, .policy = POLICY("<p>none</p><sp>none</sp>11"), .records = "stray" SIMPLE_RECORD "text",
     SEES{PLAIN_LINE, "p=none sp=none", NO_WARNING}},
    {17,
     DOC(DECL
	 "<ns1:feedback xmlns:ns1=\"http://dmarc.org/dmarc-xml/0.1\">" SIMPLE_META SIMPLE_POLICY
	     SIMPLE_RECORD "</ns1:feedback>"),
     SEES{PLAIN_LINE, "format=draft", NO_WARNING}},
    {17, DOC(DECL "<ns1:feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "</ns1:feedback>"),
     SEES{PLAIN_LINE, NO_WARNING}},
    {18, .root = " xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"",
     SEES{PLAIN_LINE, "format=rfc9990", NO_WARNING}},
    {18, .root = " xmlns=\"http//dmarc.org/dmarc-xml/0.1\"",
     SEES{PLAIN_LINE, "format=draft", NO_WARNING}},
    {18,
     DOC(DECL "<d:feedback xmlns:d=\"urn:ietf:params:xml:ns:dmarc-2.0\">" SIMPLE_META SIMPLE_POLICY
	     SIMPLE_RECORD "</d:feedback>"),
     SEES{"format=rfc9990"}},
    {19,
     .root = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a "
	     "http://192.0.2.1/rua.xsd\"",
     SEES{PLAIN_LINE, NO_WARNING}},
    {20, .before = DECL "<!DOCTYPE feedback SYSTEM \"http://192.0.2.1/x.dtd\">",
     .verdict = XML_DAMAGED, SEES{"DOCTYPE is refused"}},
    {20, .before = DECL "<!DOCTYPE feedback [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
     .meta = META("<org_name>&x;</org_name>" EMAIL ID RANGE), .verdict = XML_DAMAGED,
     SEES{"DOCTYPE is refused"}},
    {20, .before = DECL "<!DOCTYPE lie [<!ENTITY a \"b\"><!ENTITY % p \"c\">]>",
     .verdict = XML_DAMAGED, SEES{"DOCTYPE is refused"}},
    {21, .meta = META(RANGE ID "<email>e@x.example</email>" ORG),
     .policy = "<policy_published><adkim>s</adkim><p>reject</p><domain>example.com</domain></"
	       "policy_published>",
     .records = "<record>" AUTH(SPF_("example.com", MFROM, "pass") DKIM_(
	 "example.com", "s", "pass")) IDS(FROM) SIMPLE_ROW "</record>",
     SEES{"email=e@x.example ", "adkim=s", "p=reject", "aligned=dkimspf", NO_WARNING}},
    {21, DOC(DECL "<feedback>" SIMPLE_RECORD SIMPLE_POLICY SIMPLE_META "</feedback>"),
     SEES{PLAIN_LINE, "begin=1795305600", NO_WARNING}},
    {21, DOC(DECL "<feedback>" SIMPLE_META SIMPLE_RECORD SIMPLE_POLICY "</feedback>"),
     SEES{PLAIN_LINE, "domain=example.com", NO_WARNING}},
    {22,
     .records = "<record>" SIMPLE_ROW "<identities>" FROM "</identities>" SIMPLE_AUTH "</record>",
     SEES{PLAIN_LINE}},
    {23,
     .policy = SIMPLE_POLICY
     "<policy_published><domain>other.example</domain><p>reject</p></policy_published>",
     SEES{"domain=example.com p=none", "warning 2 policy_published: the first counts"}},
    {24,
     .policy = POLICY("<rf>afrf</rf><p>none</p><t>y</t><psd>n</psd><rua><domain>evil.example</"
		      "domain></rua>") "<extension><domain>x.example</domain><record>" SIMPLE_ROW
				       "</record></extension>",
     .records = "<record>" SIMPLE_ROW IDS(FROM) SIMPLE_AUTH
     "<x:ext "
     "xmlns:x='urn:x'><row><source_ip>10.0.0.1</source_ip></row><x:header_from>evil.example</"
     "x:header_from></x:ext></record>",
     SEES{PLAIN_LINE, "domain=example.com p=none", "records=1 ", NO_WARNING}},
    {24,
     .meta = META(
	 ORG EMAIL ID RANGE
	 "<added><report_id>no</report_id></added>") "<version_published>9</version_published>",
     SEES{" id=id-1 ", "version=-", NO_WARNING}},
    {25,
     .meta = META(ORG "<email lang=\"en\">e@x.example</email><extra_contact_info "
		      "xml:lang='de'>c</extra_contact_info>" ID RANGE),
     SEES{"email=e@x.example extra=c ", NO_WARNING}},
    {26,
     .meta = META("\r\n\t<org_name>\r\n example.com \t</org_name>\r\n" EMAIL
		  "<report_id> id-1\n</report_id><date_range>"
		  "<begin>1795305600 </begin><end> 1795391999</end></date_range>"),
     .records = EVAL_RECORD(EVAL(" quarantine", "pass\n", "\tfail", "")),
     SEES{"org=example.com ", " id=id-1 ", "end=1795391999", "disp=quarantine eval=pass/fail",
	  NO_WARNING}},
    {27,
     .records =
	 AUTH_RECORD(DKIM_("example.com", "<![CDATA[a&]]>b&amp;c&#x64;&#101;", "<![CDATA[pa]]>ss")),
     SEES{"dkim=[example.com a&b&cde pass -]", NO_WARNING}},
    {28,
     .records =
	 EVAL_RECORD(EVAL("Mail::DMARC::Report::Aggregate::Record=HASH(0x55)->row->disposition",
			  "pass", "fail", "")),
     SEES{"disp=Mail::DMARC::Report::Aggregate::Record=HASH(0x55)->row->disposition",
	  "flags=[unknown_word]", "warning 1 records with flag unknown_word"}},
    {29, .cannot = "lengths have tests of their own below"},

    /* metadata and policy */
    {30, .meta = META("<org_name/>" EMAIL ID RANGE),
     SEES{"org=reporter.example ", "warning no org_name"}},
    {30, .meta = META(EMAIL ID RANGE), SEES{"org=reporter.example ", "warning no org_name"}},
    {30, .meta = META("<email>A <a@b.example></email>" ID RANGE),
     SEES{"org=b.example ", "email=A <a@b.example>"}},
    {30, .meta = META("<email>nobody</email>" ID RANGE),
     SEES{"org=unknown ", "warning no org_name"}},
    {30, .meta = META(ID RANGE), SEES{"org=unknown email=- "}},
    {31, .meta = META("<org_name>esa1.hc1-2.iphmx.com</org_name>" EMAIL ID RANGE),
     SEES{"org=esa1.hc1-2.iphmx.com "}},
    {32, .meta = META("<org_name>Yahoo! Inc.</org_name>" EMAIL ID RANGE), SEES{"org=Yahoo! Inc. "}},
    {33, .meta = META(ORG ID RANGE), SEES{"email=- ", NO_WARNING}},
    {33, .meta = META(ORG "<email>&lt;x@y&gt;</email>" ID RANGE), SEES{"email=<x@y> ", NO_WARNING}},
    {34, .meta = META(ORG EMAIL "<report_id>c545f2$5acf301=377eaf@host</report_id>" RANGE),
     SEES{" id=c545f2$5acf301=377eaf@host "}},
    {34, .meta = META(ORG EMAIL "<report_id> &lt; a!b:1 &gt; </report_id>" RANGE),
     SEES{" id=a!b:1 ", NO_WARNING}},
    {34, .meta = META(ORG EMAIL RANGE), SEES{" id=sha256:", "warning no report_id"}},
    {34, .meta = META(ORG EMAIL "<report_id>&lt;&gt;</report_id>" RANGE),
     SEES{" id=sha256:", "warning no report_id"}},
    {34, DOC(DECL "<feedback>" SIMPLE_RECORD SIMPLE_POLICY META(ORG RANGE) "</feedback>"),
     SEES{PLAIN_LINE, " id=sha256:"}},
    {35, .cannot = "identity over several reports: what it folds is tested below, what it does in "
		   "the database"},
    {36, .cannot = "as 35"},
    {37, .cannot = "as 35"},
    {38, .cannot = "as 35"},
    {39, .cannot = "about other programs"},
    {40, .meta = DATES("1795305600.0", "1795391999.75"),
     SEES{"begin=1795305600 end=1795391999", "warning begin is not a whole"}},
    {40, .meta = DATES("1795305600000", "1795391999999"),
     SEES{"begin=1795305600 end=1795391999", "warning begin is in milliseconds"}},
    {40, .meta = DATES("2026-11-22T00:00:00Z", "2026-11-22"),
     SEES{"begin=1795305600 end=1795305600", "warning end is written as a date"}},
    {40, .meta = DATES("integer", "1795391999"), .verdict = XML_DAMAGED,
     SEES{"begin is not a date", "integer"}},
    {40, .meta = DATES("", "1795391999"), .verdict = XML_DAMAGED, SEES{"no date_range/begin"}},
    {40, .meta = META(ORG ID), .verdict = XML_DAMAGED, SEES{"no date_range"}},
    {41, .meta = DATES("1795305600", "1795305600"), SEES{"day=2026-11-22", NO_WARNING}},
    {42, .meta = DATES("1795391999", "1795219200"),
     SEES{"day=2026-11-22", "warning the date range ends before it begins"}},
    {42, .meta = DATES("-5", "1795391999"), .verdict = XML_DAMAGED, SEES{"not a date"}},
    {42, .meta = DATES("0", "1795391999"), .verdict = XML_DAMAGED, SEES{"out of range"}},
    {42, .meta = DATES("86399", "86401"), .verdict = XML_DAMAGED, SEES{"out of range"}},
    {42, .meta = DATES("86400", "86401"),
     SEES{"begin=86400", "warning begin is before DMARC: 1970-01-02"}},
    {42, .meta = DATES("1795391999", "1796025601"), .verdict = XML_DAMAGED,
     SEES{"end is out of range"}},
    {42, .meta = DATES("1795391999", "1796025600"), SEES{"end=1796025600", NO_WARNING}},
    {42, .meta = DATES("1795391999", "99999999999999999999999"), .verdict = XML_DAMAGED,
     SEES{"not a date"}},
    {42, .meta = DATES("12026-01-01", "1795391999"), .verdict = XML_DAMAGED, SEES{"not a date"}},
    {43, .meta = DATES("1700000000", "1795391999"), SEES{"day=2025-05-19", NO_WARNING}},
    {44, .meta = DATES("1795305600", "1795305660"), SEES{"day=2026-11-22", NO_WARNING}},
    {45, .meta = DATES("1795302000", "1795388399"), SEES{"day=2026-11-22", NO_WARNING}},
    {46, .policy = POLICY("<p>none</p><sp/>"), SEES{"p=none sp=- ", NO_WARNING}},
    {46, .policy = POLICY("<p>none</p><sp>nil</sp>"),
     SEES{"p=none sp=nil ", "warning policy_published/sp has the unknown word"}},
    {47, .policy = POLICY("<p>NONE</p><pct/>"),
     SEES{"p=none", "pct=-1", "adkim=- aspf=-", NO_WARNING}},
    {47, .policy = POLICY("<p>none</p><pct>all</pct>"),
     SEES{"pct=-1", "warning pct is not a number: \"all\""}},
    {47, .policy = POLICY("<p>none</p><pct>150</pct><adkim> s </adkim><aspf>relaxed</aspf>"),
     SEES{"pct=150", "adkim=s aspf=relaxed"}},
    {48, .policy = POLICY("<p>none</p><fo>1:d:s</fo>"),
     SEES{"fo=1:d:s", "format=rfc7489", NO_WARNING}},
    {49,
     .policy = "<policy_published><domain>mail.example.com</domain><p>none</p></policy_published>",
     SEES{"domain=mail.example.com "}},
    {50, .policy = "<policy_published><domain/><p>none</p></policy_published>",
     SEES{"domain=example.com ", "warning no usable policy domain"}},
    {50, .policy = "<policy_published><domain>not a name</domain></policy_published>",
     .records = IDS_RECORD("<header_from>a.example.co.uk</header_from>")
	 IDS_RECORD("<header_from>Example.co.uk</header_from>"),
     SEES{"domain=example.co.uk ", "warning no usable policy domain"}},
    {50, .policy = "", SEES{"domain=example.com ", "warning no usable policy domain"}},
    {50, .policy = "",
     .records = IDS_RECORD(FROM) IDS_RECORD("<header_from>other.example</header_from>"),
     .verdict = XML_DAMAGED, SEES{"no usable policy domain"}},
    {50, .policy = "", .records = "<record/>", .verdict = XML_DAMAGED,
     SEES{"no usable policy domain"}},
    {50,
     .policy = "<policy_published><domain> B\xc3\xbc"
	       "cher.EXAMPLE. </domain></policy_published>",
     SEES{"domain=xn--bcher-kva.example ", NO_WARNING}},
    {51, .cannot = "a report tells of its own time: nothing is compared with today's DNS here"},
    {52, .meta = "<version>0.1</version>" SIMPLE_META, SEES{"version=0.1 ", "format=rfc7489"}},
    {52, .meta = "<version>2.0</version>" SIMPLE_META, SEES{"version=2.0 ", "format=rfc7489"}},
    {52, .policy = POLICY("<p>none</p><np>reject</np>"),
     SEES{"np=reject", "format=draft", NO_WARNING}},
    {52, .policy = POLICY("<p>none</p><testing>y</testing>"), SEES{"testing=y", "format=rfc9990"}},
    {52, .policy = POLICY("<discovery_method>treewalk</discovery_method>"),
     SEES{"discovery=treewalk", "format=rfc9990"}},
    {52, .meta = META(ORG ID RANGE "<generator>x 1.0</generator>"),
     SEES{"generator=x 1.0 ", "format=rfc9990"}},
    {53, .meta = META(ORG ID RANGE "<error>one</error><error/><error lang='en'>two</error>"),
     SEES{"errors=[one, two]", NO_WARNING}},
    {53, .meta = "", .verdict = XML_DAMAGED, SEES{"no report_metadata"}},

    /* records */
    {54, .records = "", SEES{"records=0 messages=0", NO_WARNING}},
    {55,
     .records =
	 RECORD(ROW("", "0", EVAL("", "", "", "")), IDS("<header_from/>"), AUTH("")) SIMPLE_RECORD,
     SEES{PLAIN_LINE, "records=1 messages=2", "warning 1 empty records dropped"}},
    {55,
     .records =
	 "<record/><record><row/><identifiers><header_from> </header_from></identifiers></record>",
     SEES{"records=0", "warning 2 empty records dropped"}},
    {56, .records = IP_RECORD(""),
     SEES{"record raw=- n=2 ", "flags=[bad_ip]", "messages=2",
	  "warning 1 records with flag bad_ip"}},
    {56, .records = RECORD("<row><count>3</count></row>", IDS(FROM), ""),
     SEES{"record raw=- n=3 "}},
    {57, .records = IP_RECORD("108r.166.27.220") SIMPLE_RECORD,
     SEES{"record raw=108r.166.27.220 n=2 ", PLAIN_LINE, "messages=4"}},
    {58, .records = IP_RECORD("\n 192.0.2.1\t"), SEES{PLAIN_LINE, NO_WARNING}},
    {58, .records = IP_RECORD("2001:0DB8:0:0:0:0:0:1"), SEES{"record 2001:db8::1 n=2", "flags=[]"}},
    {58, .records = IP_RECORD("::ffff:192.0.2.1"),
     SEES{"record 192.0.2.1 n=2", "flags=[ip_mapped]", NO_WARNING}},
    {58, .records = IP_RECORD("[2001:db8::1]:25"),
     SEES{"record 2001:db8::1 n=2", "flags=[ip_trimmed]",
	  "warning 1 records with flag ip_trimmed"}},
    {58, .records = IP_RECORD("10.0.0.1"), SEES{"record 10.0.0.1 "}},
    {59, .records = COUNT_RECORD("0"),
     SEES{"record 192.0.2.1 n=0 ", "flags=[]", "records=1 messages=0", NO_WARNING}},
    {59, .records = COUNT_RECORD("-1"),
     SEES{" n=0 ", "flags=[bad_count]", "warning 1 records with flag bad_count"}},
    {59, .records = COUNT_RECORD("1,234"), SEES{" n=0 ", "flags=[bad_count]"}},
    {59, .records = COUNT_RECORD(""), SEES{" n=0 ", "flags=[bad_count]"}},
    {59, .records = COUNT_RECORD("1000000000001"), SEES{" n=0 ", "flags=[bad_count]"}},
    {59, .records = COUNT_RECORD("1000000000000") COUNT_RECORD("5000000000"),
     SEES{" n=1000000000000 ", "messages=1005000000000", NO_WARNING}},
    {60, .records = COUNT_RECORD("1") COUNT_RECORD("1") COUNT_RECORD("1"),
     SEES{"records=3 messages=3", NO_WARNING}},
    {61, .records = SIMPLE_RECORD SIMPLE_RECORD, SEES{"records=2 messages=4", NO_WARNING}},
    {62, .records = EVAL_RECORD(EVAL("pass", "pass", "fail", "")), SEES{"disp=pass ", "flags=[]"}},
    {62, .records = EVAL_RECORD(EVAL("softfail", "pass", "fail", "")),
     SEES{"disp=softfail ", "flags=[unknown_word]"}},
    {62, .records = EVAL_RECORD(EVAL("15", "pass", "fail", "")),
     SEES{"disp=15 ", "flags=[unknown_word]"}},
    {62, .records = EVAL_RECORD(EVAL("", "pass", "fail", "")), SEES{"disp=- ", "flags=[]"}},
    {62, .records = EVAL_RECORD(EVAL("None", "pass", "fail", "")), SEES{"disp=none ", "flags=[]"}},
    {63, .records = EVAL_RECORD(EVAL("none", "pass", "none", "")),
     SEES{"eval=pass/none", "flags=[unknown_word]"}},
    {63,
     .records =
	 EVAL_RECORD("<policy_evaluated><disposition>none</disposition><spf/></policy_evaluated>"),
     SEES{"eval=-/- ", "flags=[]"}},
    {64, .records = EVAL_RECORD(EVAL("NONE", "Pass", "FAIL", "")),
     SEES{"disp=none eval=pass/fail", "flags=[]"}},
    {64,
     .records = AUTH_RECORD(SPF_("example.com", "<scope>MFROM</scope>", "SoftFail")
				DKIM_("example.com", "s", "TempError")),
     SEES{"spf=[example.com mfrom softfail -]", "s temperror", "cell=F2"}},
    {65, .records = AUTH_RECORD(SPF_("example.com", MFROM, "hardfail")),
     SEES{"mfrom hardfail", "cell=F1", "unknown_word"}},
    {65, .records = AUTH_RECORD(SPF_("example.com", MFROM, "unknown")),
     SEES{"mfrom unknown", "cell=F3"}},
    {65, .records = AUTH_RECORD(SPF_("example.com", MFROM, "error")),
     SEES{"mfrom error", "cell=F5"}},
    {65, .records = AUTH_RECORD(DKIM_("example.com", "s", "") DKIM_("example.com", "t", "invalid")),
     SEES{"s - -, example.com t invalid", "cell=F11"}},
    {66, .records = REASON("sampled_out"), SEES{"reasons=[sampled_out -]", "test_or_sampled"}},
    {66, .records = REASON("a list, says he"), SEES{"reasons=[other a list, says he]"}},
    {66, .records = REASON("<type/><comment/>"), SEES{"reasons=[- -]"}},
    {66, .records = EVAL_RECORD(EVAL("none", "pass", "fail", "<reason/>")),
     SEES{"reasons=[- -]", "flags=[]"}},
    {66, .records = REASON("forwarded<comment>by x</comment>"), SEES{"reasons=[forwarded by x]"}},
    {66,
     .records = REASON("<type>forwarded</type></reason><reason>\n <comment lang='en'>c</comment> "
		       "<type>Mailing_List</type>\n"),
     SEES{"reasons=[forwarded -, mailing_list c]", "forward_reason"}},
    {66, .records = REASON("<type>whim</type>"), SEES{"reasons=[whim -]", "unknown_word"}},
    {67,
     .records = REASON("<type>local_policy</type><comment>arc=pass as[1].d.example=pass</comment>"),
     SEES{"arc_pass", "!local_policy]"}},
    {67,
     .records =
	 REASON("<type>other</type><comment>looks forwarded, not quarantined for DMARC</comment>"),
     SEES{"reasons=[other looks forwarded, not quarantined for DMARC]"}},
    {68, .records = RECORD(SIMPLE_ROW, IDS(FROM), ""),
     SEES{"dkim=[] spf=[]", "cell=F10", "messages=2"}},
    {68, .records = AUTH_RECORD(""), SEES{"dkim=[] spf=[]", "messages=2"}},
    {69, .records = AUTH_RECORD(DKIM_("example.com", "s", "pass")), SEES{"spf=[] ", "cell=P4"}},
    {69, .records = AUTH_RECORD("<spf><scope>helo</scope><result>none</result></spf>"),
     SEES{"spf=[- helo none -]", "null_sender"}},
    {69, .records = AUTH_RECORD("<spf><domain/><result>pass</result></spf>"),
     SEES{"spf=[- - pass -]", "aligned= cell=F10"}},
    {69,
     .records = AUTH_RECORD(SPF_("a.example", MFROM, "fail") SPF_("example.com", MFROM, "pass")
				SPF_("c.example", MFROM, "pass")),
     SEES{"spf=[a.example mfrom fail -, example.com mfrom pass -, c.example mfrom pass -]",
	  "aligned=spf cell=P7"}},
    {70,
     .records = AUTH_RECORD(
	 "<dkim><domain/><result>fail</result></dkim>" SPF_("x.example", MFROM, "fail")),
     SEES{"dkim=[- - fail -]", "cell=F10"}},
    {70, .records = AUTH_RECORD(DKIM_("not.evaluated", "", "none")),
     SEES{"dkim=[not.evaluated - none -]", "flags=[reporter_mismatch]"}},
    {70, .records = AUTH_RECORD(DKIM_("example.com", "a b/\xc3\xa4;", "pass")),
     SEES{"dkim=[example.com a b/\xc3\xa4; pass -]", "!bad_name"}},
    {71, .cannot = "many results have a test of their own below"},
    {72, .records = IDS_RECORD("<envelope_from/>" FROM), SEES{"efrom=\"\" ", "null_sender"}},
    {72, .records = IDS_RECORD("<envelope_from>&lt;&gt;</envelope_from>" FROM),
     SEES{"efrom=\"\" ", "null_sender", NO_WARNING}},
    {72, .records = IDS_RECORD("<envelope_from>u@example.com</envelope_from>" FROM),
     SEES{"efrom=u@example.com ", "bad_name"}},
    {73, .records = IDS_RECORD("<header_from>Mail.Example.COM.</header_from>"),
     SEES{"from=mail.example.com ", "aligned=dkim", "flags=[]"}},
    {73, .records = IDS_RECORD("<header_from/>"), SEES{"from=- ", "aligned= "}},
    {73, .records = IDS_RECORD("<header_from>exa mple.com</header_from>"),
     SEES{"from=exa mple.com ", "bad_name", "aligned= ", "warning 1 records with flag bad_name"}},
    {74, .records = IDS_RECORD(FROM "<envelope_to>Rcpt.Example</envelope_to>"),
     SEES{"eto=rcpt.example "}},
    {75,
     .records = AUTH_RECORD("<dkim><domain>example.com</domain><result>pass</"
			    "result><human_result>pass</human_result></dkim>"
			    "<spf><domain>a.example</domain><result>fail</"
			    "result><human_result>why</human_result></spf>"),
     SEES{"example.com - pass pass", "a.example - fail why"}},
};

static const char *or_ordinary(const char *part, const char *ordinary)
{
	return part ? part : ordinary;
}

static void make(const struct row *r, struct buf *b)
{
	buf_init(b, 64 * MIB);
	if (r->doc) {
		buf_put(b, r->doc, r->n ? r->n : strlen(r->doc));
		return;
	}
	buf_printf(b, "%s<feedback%s>\n%s%s%s</feedback>%s", or_ordinary(r->before, DECL),
		   or_ordinary(r->root, ""), or_ordinary(r->meta, SIMPLE_META),
		   or_ordinary(r->policy, SIMPLE_POLICY), or_ordinary(r->records, SIMPLE_RECORD),
		   or_ordinary(r->after, ""));
}

static bool says(const char *text, const char *expected)
{
	if (*expected == '!')
		return strstr(text, expected + 1) == NULL;
	return strstr(text, expected) != NULL;
}

static unsigned check(size_t i, const struct row *r, const struct reading *d)
{
	const char *text = d->verdict == XML_REPORT ? d->text.data : d->reason.msg;
	unsigned bad = d->status != ST_OK || d->verdict != r->verdict;
	for (size_t k = 0; k < COUNT(r->expect) && r->expect[k]; k++)
		bad += !says(text, r->expect[k]);
	if (d->verdict != XML_REPORT && strlen(d->reason.msg) == 0)
		bad++;
	if (bad > 0)
		print_error("row %zu (quirk %d): verdict %d, %s\n", i, r->quirk, d->verdict, text);
	return bad;
}

static bool same_reading(const struct reading *a, const struct reading *b)
{
	return a->verdict == b->verdict && strcmp(a->text.data, b->text.data) == 0 &&
	       memcmp(&a->content, &b->content, sizeof a->content) == 0 &&
	       memcmp(&a->identity, &b->identity, sizeof a->identity) == 0;
}

static void quirks(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 600};
	unsigned bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reading whole = {0}, pieces = {0};
		struct buf doc;
		if (rows[i].cannot)
			continue;
		make(&rows[i], &doc);
		read_document(&whole, reader, doc.data, doc.len, 0);
		bad += check(i, &rows[i], &whole);
		for (size_t k = 0; k < COUNT(steps); k++) {
			read_document(&pieces, reader, doc.data, doc.len, steps[k]);
			if (!same_reading(&whole, &pieces)) {
				bad++;
				print_error("row %zu (quirk %d) differs in pieces of %zu:\n%s%s\n",
					    i, rows[i].quirk, steps[k], pieces.text.data,
					    pieces.reason.msg);
			}
			reading_free(&pieces);
		}
		reading_free(&whole);
		buf_free(&doc);
	}
	assert_int_equal(bad, 0);
}

static void every_quirk_has_a_row(void **state)
{
	(void)state;
	for (int quirk = 1; quirk <= 75; quirk++) {
		bool found = false;
		for (size_t i = 0; i < COUNT(rows); i++)
			found |= rows[i].quirk == quirk;
		CHECK_ROW(found, quirk);
	}
}

/* ---- the encodings with wide characters ---- */

static void utf16(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) { /* with and without BOM, both orders */
		bool big = kind & 1, bom = kind & 2;
		struct reading d = {0};
		struct buf b;
		static const char text[] =
		    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
		    "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD "</feedback>";
		buf_init(&b, MIB);
		if (bom)
			buf_put(&b, big ? "\xfe\xff" : "\xff\xfe", 2);
		for (const char *p = text; *p; p++) {
			buf_putc(&b, big ? '\0' : *p);
			buf_putc(&b, big ? *p : '\0');
		}
		for (size_t step = 0; step < 4; step++) {
			read_document(&d, reader, b.data, b.len, step);
			CHECK_ROW(d.verdict == XML_REPORT && strstr(d.text.data, PLAIN_LINE), kind);
			reading_free(&d);
		}
		buf_free(&b);
	}
}

/* A high surrogate without its low one, early and behind what one piece holds. */
static void bytes_not_of_the_encoding(void **state)
{
	(void)state;
	for (size_t records = 1; records <= 100; records += 99) {
		struct reading d = {0};
		struct buf text, b;
		buf_init(&text, MIB);
		buf_init(&b, MIB);
		buf_puts(&text, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n"
				"<feedback>" SIMPLE_META SIMPLE_POLICY);
		for (size_t i = 0; i < records; i++)
			buf_puts(&text, SIMPLE_RECORD);
		buf_puts(&text, "<extension>*</extension></feedback>");
		for (const char *p = text.data; *p; p++)
			buf_put(&b, *p == '*' ? "\x00\xd8" : (char[]){*p, '\0'}, 2);
		read_document(&d, reader, b.data, b.len, 0);
		assert_int_equal(d.verdict, XML_DAMAGED);
		assert_non_null(strstr(d.reason.msg, "bytes that are not of its encoding"));
		reading_free(&d);
		buf_free(&text);
		buf_free(&b);
	}
}

/* ---- whole or not ---- */

static const char *cut_in(const char *text, size_t n)
{
	static char said[80];
	int line = 1;
	for (size_t i = 0; i < n; i++)
		line += text[i] == '\n';
	snprintf(said, sizeof said, "cut: the document ends in line %d before </feedback>", line);
	return said;
}

static void truncated_anywhere_is_never_stored(void **state)
{
	static const char text[] =
	    DECL "<feedback>" SIMPLE_META SIMPLE_POLICY SIMPLE_RECORD SIMPLE_RECORD "</feedback>\n";
	size_t whole = sizeof text - 2; /* up to the '>' */
	(void)state;
	for (size_t n = 0; n <= whole + 1; n++) {
		struct reading d = {0};
		read_document(&d, reader, text, n, n % 5);
		bool stored = d.verdict == XML_REPORT;
		/* without its last character it is still one whole */
		CHECK_ROW(stored == (n >= whole - 1), n);
		if (stored)
			CHECK_ROW((d.warnings == 1) == (n == whole - 1), n);
		else
			CHECK_ROW(d.ends == 0, n);
		/* before the root's name was seen it may be anything */
		CHECK_ROW(d.verdict != XML_NOT_A_REPORT || n < sizeof DECL + 9, n);
		/* blanks follow a tag that comes last: neither tag nor line is another by that */
		if (!stored && n >= sizeof DECL + 9 && text[n - 1] == '>')
			CHECK_ROW(strcmp(d.reason.msg, cut_in(text, n)) == 0, n);
		reading_free(&d);
	}
}

static void damage_of_the_container_counts(void **state)
{
	static const char end[] = SIMPLE_RECORD "</feedback>";
	struct buf large;
	(void)state;
	buf_init(&large, MIB);
	buf_put(&large, PLAIN, strlen(PLAIN) - strlen("</feedback>"));
	while (large.len < 100000)
		buf_puts(&large, SIMPLE_RECORD);
	buf_puts(&large, end);
	struct memory_document doc = {.p = PLAIN, .n = strlen(PLAIN)};
	struct origin o = {memory_open, &doc};
	struct reading d = {0};
	for (unsigned begun = 0; begun < 2; begun++) { /* a large one, when it is found */
		if (begun)
			doc = (struct memory_document){.p = large.data, .n = large.len};
		doc.damage = "gzip: wrong checksum"; /* although the XML is whole */
		read_origin(&d, reader, &o);
		assert_int_equal(d.verdict, XML_DAMAGED);
		assert_string_equal(d.reason.msg, "gzip: wrong checksum");
		assert_int_equal(d.begins, begun);
		assert_int_equal(d.aborts, begun);
		reading_free(&d);
		d = (struct reading){0};
	}
	doc.damage = NULL;
	doc.warning = "gzip: 2 bytes after the last member";
	read_origin(&d, reader, &o);
	assert_int_equal(d.verdict, XML_REPORT);
	assert_non_null(strstr(d.text.data, "warning gzip: 2 bytes after the last member\n"));
	reading_free(&d);
	buf_free(&large);
}

static void the_sink_may_refuse(void **state)
{
	(void)state;
	for (enum status say = ST_ITEM; say <= ST_FATAL; say++) {
		struct reading d = {.records_say = say};
		read_document(&d, reader, PLAIN, strlen(PLAIN), 0);
		assert_int_equal(d.status, say);
		assert_int_equal(d.aborts, 1);
		reading_free(&d);
	}
}

static void ordinary_documents_are_read_once(void **state)
{
	static const struct {
		const char *text;
		unsigned passes;
	} cases[] = {
	    {PLAIN, 1},
	    {DECL "<feedback>" SIMPLE_META SIMPLE_RECORD SIMPLE_POLICY "</feedback>", 3},
	    {WHOLE(META(ORG RANGE), SIMPLE_POLICY, SIMPLE_RECORD), 3},
	    {WHOLE(META(ORG ID RANGE "a & b"), SIMPLE_POLICY, SIMPLE_RECORD), 2},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct memory_document doc = {.p = cases[i].text, .n = strlen(cases[i].text)};
		struct origin o = {memory_open, &doc};
		struct reading d = {0};
		read_origin(&d, reader, &o);
		CHECK_ROW(d.verdict == XML_REPORT && doc.opened == cases[i].passes, i);
		reading_free(&d);
	}
}

/* ---- identity and content ---- */

static void read_row(struct reading *d, const struct row *r)
{
	struct buf doc;
	make(r, &doc);
	*d = (struct reading){0};
	read_document(d, reader, doc.data, doc.len, 0);
	assert_int_equal(d->verdict, XML_REPORT);
	reading_free(d);
	buf_free(&doc);
}

#define OTHER_RECORD RECORD(ROW("192.0.2.2", "3", SIMPLE_EVAL), IDS(FROM), SIMPLE_AUTH)

static void identity_and_content(void **state)
{
	static const struct {
		struct row a, b;
		bool same_identity, same_content;
	} cases[] = {
	    {{0}, {0}, true, true},
	    {{0},
	     {.before = "", .meta = META(RANGE "\n<report_id> &lt;id-1> </report_id>" EMAIL ORG)},
	     true,
	     true},
	    {{.records = SIMPLE_RECORD OTHER_RECORD},
	     {.records = OTHER_RECORD SIMPLE_RECORD},
	     true,
	     true},
	    {{.records = SIMPLE_RECORD}, {.records = SIMPLE_RECORD SIMPLE_RECORD}, true, false},
	    {{.records = SIMPLE_RECORD SIMPLE_RECORD OTHER_RECORD},
	     {.records = SIMPLE_RECORD OTHER_RECORD OTHER_RECORD},
	     true,
	     false},
	    {{.records = IP_RECORD("x")}, {.records = IP_RECORD("y")}, true, false},
	    {{.records = COUNT_RECORD("1")}, {.records = COUNT_RECORD("2")}, true, false},
	    {{.records = EVAL_RECORD(EVAL("none", "pass", "fail", ""))},
	     {.records = EVAL_RECORD(EVAL("NONE", "pass", " fail", ""))},
	     true,
	     true},
	    {{0}, {.policy = POLICY("<p>reject</p>")}, true, false},
	    {{0},
	     {.meta = META("<org_name> Reporter.example</org_name>" EMAIL ID RANGE)},
	     true, /* capitals and blanks make no second report */
	     false},
	    {{0},
	     {.meta = META("<org_name>reporter2.example</org_name>" EMAIL ID RANGE)},
	     false,
	     false},
	    {{0}, {.meta = META(ORG EMAIL "<report_id>id-2</report_id>" RANGE)}, false, true},
	    {{0}, {.meta = DATES("1795305601", "1795391999")}, false, false},
	    {{.meta = META(ORG RANGE)}, {.meta = META(RANGE ORG)}, true, true},
	    {{.meta = META(ORG RANGE)},
	     {.meta = META(ORG RANGE), .records = OTHER_RECORD},
	     false,
	     false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading a, b;
		read_row(&a, &cases[i].a);
		read_row(&b, &cases[i].b);
		CHECK_ROW((memcmp(&a.identity, &b.identity, 16) == 0) == cases[i].same_identity, i);
		CHECK_ROW((memcmp(&a.content, &b.content, 16) == 0) == cases[i].same_content, i);
	}
}

/* ---- ceilings and attacks ---- */

static void repeat(struct buf *b, const char *s, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_puts(b, s);
}

/* The document of r, with times copies of s in place of the mark '~'. */
static void read_blown_up(struct reading *d, const struct row *r, const char *s, size_t times)
{
	struct buf doc, big;
	make(r, &doc);
	buf_init(&big, 512 * MIB);
	char *mark = strchr(doc.data, '~');
	assert_non_null(mark);
	buf_put(&big, doc.data, (size_t)(mark - doc.data));
	repeat(&big, s, times);
	buf_puts(&big, mark + 1);
	assert_false(big.failed);
	buf_free(&d->text);
	*d = (struct reading){.quiet = d->quiet};
	read_document(d, reader, big.data, big.len, 0);
	buf_free(&big);
	buf_free(&doc);
}

static void ceilings(void **state)
{
	static const struct {
		struct row row;
		const char *s;
		size_t times;
		enum xml_verdict verdict;
		const char *expect[3];
	} cases[] = {
	    {{.meta = META(ORG "<report_id>~</report_id>" RANGE)},
	     "i",
	     512,
	     XML_REPORT,
	     {NO_WARNING}},
	    {{.meta = META(ORG "<report_id>~</report_id>" RANGE)},
	     "i",
	     513,
	     XML_REPORT,
	     {"warning report_id cut to 512 bytes"}},
	    {{.meta = META("<org_name>~</org_name>" ID RANGE)},
	     "\xc3\xa4",
	     600,
	     XML_REPORT,
	     {"warning org_name cut to 1024 bytes"}},
	    {{.meta = META(ORG ID RANGE "<generator>~</generator>")},
	     "g",
	     70000,
	     XML_REPORT,
	     {"warning generator cut to 65536 bytes"}},
	    {{.meta = META(ORG ID RANGE "<error>~")}, "e</error><error>", 30, XML_DAMAGED, {NULL}},
	    {{.records = REASON("<comment>~</comment>")},
	     "c",
	     1025,
	     XML_REPORT,
	     {"flags=[cut", "1 records with flag cut"}},
	    {{.records = AUTH_RECORD("<dkim><human_result>~</human_result></dkim>")},
	     "h",
	     70000,
	     XML_REPORT,
	     {"1 records with flag cut"}},
	    {{.records = AUTH_RECORD("~")},
	     DKIM_("a.example", "s", "pass"),
	     101,
	     XML_REPORT,
	     {"1 records with flag cut"}},
	    {{.records = AUTH_RECORD("~")},
	     DKIM_("a.example", "s", "pass"),
	     100,
	     XML_REPORT,
	     {"!with flag cut"}},
	    {{.records = AUTH_RECORD("~")},
	     SPF_("a.example", MFROM, "pass"),
	     101,
	     XML_REPORT,
	     {"1 records with flag cut"}},
	    {{.records = REASON("~")},
	     "</reason><reason>",
	     20,
	     XML_REPORT,
	     {"1 records with flag cut"}},
	    {{.records = AUTH_RECORD("~")},
	     DKIM_("a.example", "s", "pass"),
	     400000,
	     XML_REPORT,
	     {"1 records with flag cut"}},
	    {{.root = "~"}, " x='y'", 30000, XML_DAMAGED, {NULL}},
	    {{.policy = SIMPLE_POLICY "<extension ~/>"},
	     "x",
	     300000,
	     XML_DAMAGED,
	     {"a tag longer than"}},
	    {{.policy = SIMPLE_POLICY "<!-- ~ -->"},
	     "x",
	     100000,
	     XML_REPORT,
	     {PLAIN_LINE, NO_WARNING}},
	    {{.policy = POLICY("<p>none</p>") "~"},
	     "<x>",
	     70,
	     XML_DAMAGED,
	     {"nested more than 64 deep"}},
	    {{.records = SIMPLE_RECORD "~"},
	     "<record>",
	     70,
	     XML_DAMAGED,
	     {"nested more than 64 deep"}},
	    {{.records = "~" SIMPLE_RECORD}, " ", 12000000, XML_REPORT, {PLAIN_LINE, NO_WARNING}},
	    {{.before = "~" DECL}, "\n", 5000, XML_REPORT, {PLAIN_LINE, NO_WARNING}},
	    {{.before = DECL "~"}, " ", 5000, XML_REPORT, {PLAIN_LINE, NO_WARNING}},
	    {{.policy = POLICY("<p>none</p>~")},
	     "<sp>x</sp><np>y</np><pct>z</pct>",
	     40,
	     XML_REPORT,
	     {"warning pct is not"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reading d = {0};
		read_blown_up(&d, &cases[i].row, cases[i].s, cases[i].times);
		const char *text = d.verdict == XML_REPORT ? d.text.data : d.reason.msg;
		CHECK_ROW(d.verdict == cases[i].verdict, i);
		for (size_t k = 0; k < 3 && cases[i].expect[k]; k++)
			CHECK_ROW(says(text, cases[i].expect[k]), i);
		reading_free(&d);
	}
}

static void limits_are_kept(void **state)
{
	const struct limits before = limits;
	struct reading d = {0};
	(void)state;
	limits.records = 3;
	read_blown_up(&d, &(struct row){.records = "~"}, SIMPLE_RECORD, 3);
	assert_int_equal(d.verdict, XML_REPORT);
	reading_free(&d);
	read_blown_up(&d, &(struct row){.records = "~"}, SIMPLE_RECORD, 4);
	assert_int_equal(d.verdict, XML_DAMAGED);
	assert_string_equal(d.reason.msg, "more than 3 records");
	reading_free(&d);
	limits = before;
	limits.report_bytes = 100000;
	read_blown_up(&d, &(struct row){.records = "~"}, SIMPLE_RECORD, 1000);
	assert_int_equal(d.verdict, XML_DAMAGED);
	assert_string_equal(d.reason.msg, "larger than 100000 bytes");
	reading_free(&d);
	limits = before;
}

static void many_warnings_are_counted(void **state)
{
	/* all odd at once: there are fewer kinds of warnings than places, so the counting is shown
	 * on its own */
	struct warnings w = {0};
	struct arena a = {0};
	(void)state;
	for (int i = 0; i < LIMIT_WARNINGS + 5; i++)
		warnings_add(&w, &a, "no. %d", i);
	warnings_close(&w, &a);
	assert_int_equal(w.n, LIMIT_WARNINGS + 1);
	assert_string_equal(w.list[LIMIT_WARNINGS], "and 5 more");
	arena_free(&a);
}

static double seconds_used(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

/* Attributes are compared each with each. */
static void attributes_cost_little(void **state)
{
	(void)state;
	for (int form = 0; form < 3; form++) {
		struct reading d = {0};
		struct buf b;
		buf_init(&b, 64 * MIB);
		buf_puts(&b, DECL "<feedback");
		for (int i = 0; i < 300000; i++) {
			char attribute[64];
			if (form == 0)
				snprintf(attribute, sizeof attribute, " a%d=''", i);
			else if (form == 1)
				snprintf(attribute, sizeof attribute, " xmlns:a%d='u'", i);
			else
				snprintf(attribute, sizeof attribute, " a%d:b='c'", i);
			buf_puts(&b, attribute);
		}
		buf_puts(&b, ">" SIMPLE_META SIMPLE_POLICY "</feedback>");
		double start = seconds_used();
		read_document(&d, reader, b.data, b.len, 0);
		assert_true(seconds_used() - start < 5);
		assert_int_equal(d.verdict, XML_DAMAGED);
		reading_free(&d);
		buf_free(&b);
	}
}

static void entities_cost_nothing(void **state)
{
	struct buf b;
	struct reading d = {0};
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		buf_init(&b, MIB);
		buf_printf(&b, DECL "<!DOCTYPE %s [<!ENTITY a0 \"ha\">",
			   kind ? "lolz" : "feedback");
		for (int i = 1; i < 20; i++)
			buf_printf(
			    &b,
			    "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">",
			    i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			    i - 1);
		buf_printf(&b, "]><%s x=\"&a19;\">&a19;</%s>", kind ? "lolz" : "feedback",
			   kind ? "lolz" : "feedback");
		double start = seconds_used();
		read_document(&d, reader, b.data, b.len, 0);
		assert_true(seconds_used() - start < 1);
		assert_int_not_equal(d.verdict, XML_REPORT);
		reading_free(&d);
		buf_free(&b);
	}
}

/* Names that were never seen before fill the parser's dictionary: there is a ceiling, and the next
 * document must not suffer. */
static void a_flood_of_names_harms_nobody_else(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct buf b;
		struct reading d = {0};
		buf_init(&b, 64 * MIB);
		buf_puts(&b, DECL "<feedback>" SIMPLE_META SIMPLE_POLICY "<extension>");
		int n = i % 2 ? 200000 : LIMIT_XML_NAMES - 100;
		for (int k = 0; k < n; k++)
			buf_printf(&b, "<name_%d_of_the_flood_%d/>", k, i);
		buf_puts(&b, "</extension>" SIMPLE_RECORD "</feedback>");
		read_document(&d, reader, b.data, b.len, 0);
		assert_int_equal(d.verdict, i % 2 ? XML_DAMAGED : XML_REPORT);
		assert_true(i % 2 == 0 || strstr(d.reason.msg, "different names"));
		reading_free(&d);
		buf_free(&b);
	}
	struct reading d = {0};
	read_document(&d, reader, PLAIN, strlen(PLAIN), 0);
	assert_int_equal(d.verdict, XML_REPORT);
	reading_free(&d);
}

/* What is passed over or repaired costs a message, or thrice its bytes: there is a ceiling. */
static void a_flood_of_faults(void **state)
{
	(void)state;
	static const char *const faults[] = {"<q:y/>", "& "};
	for (int i = 0; i < 4; i++) {
		struct buf b;
		struct reading d = {0};
		buf_init(&b, 64 * MIB);
		buf_puts(&b, DECL "<feedback>" SIMPLE_META SIMPLE_POLICY "<extension>");
		int n = i % 2 ? LIMIT_XML_FAULTS + 100000 : LIMIT_XML_FAULTS - 100;
		for (int k = 0; k < n; k++)
			buf_puts(&b, faults[i / 2]);
		buf_puts(&b, "</extension>" SIMPLE_RECORD "</feedback>");
		read_document(&d, reader, b.data, b.len, 0);
		assert_int_equal(d.verdict, i % 2 ? XML_DAMAGED : XML_REPORT);
		/* where a repair does not help, the first error is told */
		assert_true(i != 1 || strstr(d.reason.msg, "faults of its XML"));
		reading_free(&d);
		buf_free(&b);
	}
}

/* ---- a report without end ---- */

#define MANY 1000000

/* A sanitizer keeps freed memory for a while: then the peak is shown, not judged. */
#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

struct endless {
	struct stream base;
	uint64_t next;
	bool profiles; /* every record has a profile of its own */
	char piece[2048];
	size_t n, at;
};

static enum status endless_read(struct stream *base, void *dst, size_t n, size_t *got,
				struct err *err)
{
	struct endless *s = (struct endless *)base;
	(void)err;
	if (s->at == s->n && s->next <= MANY + 1) {
		int len;
		if (s->next == 0)
			len = snprintf(s->piece, sizeof s->piece, "%s",
				       DECL "<feedback>" SIMPLE_META SIMPLE_POLICY);
		else if (s->next == MANY + 1)
			len = snprintf(s->piece, sizeof s->piece, "</feedback>");
		else
			len =
			    snprintf(s->piece, sizeof s->piece,
				     "<record>" ROW("10.%u.%u.%u", "1", SIMPLE_EVAL) IDS(FROM)
					 AUTH(DKIM_("example.com", "s%llu", "pass")) "</record>\n",
				     (unsigned)(s->next >> 16 & 255),
				     (unsigned)(s->next >> 8 & 255), (unsigned)(s->next & 255),
				     (unsigned long long)(s->profiles ? s->next : 1));
		s->n = (size_t)len;
		s->at = 0;
		s->next++;
	}
	*got = s->n - s->at < n ? s->n - s->at : n;
	memcpy(dst, s->piece + s->at, *got);
	s->at += *got;
	return ST_OK;
}

static const struct stream_ops endless_ops = {endless_read, memory_close};

static enum status endless_open(const struct origin *o, struct stream **out, struct err *err)
{
	struct endless *s = mem_alloc(sizeof *s);
	(void)err;
	s->base.ops = &endless_ops;
	s->profiles = *(const bool *)o->ctx;
	*out = &s->base;
	return ST_OK;
}

static long resident_peak(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void memory_does_not_grow_with_a_report(void **state)
{
	(void)state;
	for (int profiles = 0; profiles < 2; profiles++) {
		bool own = profiles;
		struct origin o = {endless_open, &own};
		struct reading d = {.quiet = true};
		long before = resident_peak();
		read_origin(&d, reader, &o);
		assert_int_equal(d.verdict, XML_REPORT);
		assert_int_equal(d.records, MANY);
		assert_int_equal(d.max_chunk, CHUNK_RECORDS);
		print_message("a million records, %s: peak grew by %ld KiB\n",
			      own ? "each its own profile" : "one profile",
			      resident_peak() - before);
		assert_true(SANITIZED || resident_peak() - before < 32 * 1024);
		reading_free(&d);
	}
}

static int set_up(void **state)
{
	(void)state;
	rules = names_open();
	reader = xml_reader_new(rules, &limits);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xml_reader_free(reader);
	names_close(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_does_not_grow_with_a_report), /* first: it looks at the peak */
	    cmocka_unit_test(quirks),
	    cmocka_unit_test(every_quirk_has_a_row),
	    cmocka_unit_test(utf16),
	    cmocka_unit_test(bytes_not_of_the_encoding),
	    cmocka_unit_test(truncated_anywhere_is_never_stored),
	    cmocka_unit_test(damage_of_the_container_counts),
	    cmocka_unit_test(the_sink_may_refuse),
	    cmocka_unit_test(ordinary_documents_are_read_once),
	    cmocka_unit_test(identity_and_content),
	    cmocka_unit_test(ceilings),
	    cmocka_unit_test(limits_are_kept),
	    cmocka_unit_test(many_warnings_are_counted),
	    cmocka_unit_test(attributes_cost_little),
	    cmocka_unit_test(entities_cost_nothing),
	    cmocka_unit_test(a_flood_of_names_harms_nobody_else),
	    cmocka_unit_test(a_flood_of_faults),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
