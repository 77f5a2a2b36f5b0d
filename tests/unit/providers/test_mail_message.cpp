#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "providers/files/mail_message.hpp"

using namespace omnicrm;
using namespace omnicrm::files;
using namespace std::string_literals;

namespace {

MailMessage parse(std::string_view bytes, const MailLimits& limits = {}) {
  auto message = parse_mail_message(bytes, limits);
  BOOST_REQUIRE_MESSAGE(message.has_value(), (message ? "" : message.error().message));
  return *message;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// `depth` multiparts, each in the one before, with a text in the innermost.
std::string nested(std::size_t depth) {
  std::string out = "Subject: nested\nContent-Type: multipart/mixed; boundary=b0\n\n";
  for (std::size_t i = 1; i < depth; ++i)
    out += "--b" + std::to_string(i - 1) + "\nContent-Type: multipart/mixed; boundary=b" + std::to_string(i) +
           "\n\n";
  return out + "--b" + std::to_string(depth - 1) + "\n\ninnermost\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_message_suite)

BOOST_AUTO_TEST_CASE(a_plain_message_is_read) {
  const MailMessage m = parse("From: a@b.c\nSubject: hi\n\nline one\nline two\n");
  BOOST_TEST(m.header.subject == "hi");
  BOOST_TEST(m.plain == "line one\nline two\n");
  BOOST_TEST(m.html.empty());
  BOOST_TEST(m.attachments.empty());
  BOOST_TEST(!m.truncated);
}

BOOST_AUTO_TEST_CASE(every_kind_of_line_end_gives_the_same_text) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const MailMessage m = parse("From x@y Thu Aug 22 12:36:23 2002" + end + "Subject: hi" + end + " there" +
                                end + end + "one" + end + "two" + end);
    BOOST_TEST(m.header.subject == "hi there");
    BOOST_TEST(m.plain == "one\ntwo\n");
  }
}

BOOST_AUTO_TEST_CASE(of_an_alternative_both_forms_are_kept_once) {
  const MailMessage m = parse(
      "Content-Type: multipart/alternative; boundary=\"=_x\"\n\npreamble\n"
      "--=_x\nContent-Type: text/plain\n\nplain\n"
      "--=_x\nContent-Type: text/plain\n\nplain again\n"
      "--=_x\nContent-Type: text/html\n\n<p>html</p>\n--=_x--\nepilogue\n");
  BOOST_TEST(m.plain == "plain");
  BOOST_TEST(m.html == "<p>html</p>");
  BOOST_TEST(m.attachments.empty());
}

BOOST_AUTO_TEST_CASE(texts_of_a_mixed_message_are_joined_and_a_footer_is_no_body_of_its_own) {
  const std::string head = "Content-Type: multipart/mixed; boundary=m\n\n--m\n";
  const std::string footer = "--m\nContent-Type: text/plain\n\nfooter & co\n--m--\n";
  const MailMessage plain = parse(head + "\nbody\n" + footer);
  BOOST_TEST(plain.plain == "body\nfooter & co");
  // The plain form would hold only the footer, so there is none, and the HTML has both.
  const MailMessage html = parse(head + "Content-Type: text/html\n\n<p>body</p>\n" + footer);
  BOOST_TEST(html.plain.empty());
  BOOST_TEST(html.html == "<p>body</p><pre>footer &amp; co</pre>");
}

BOOST_AUTO_TEST_CASE(html_that_goes_on_behind_a_picture_is_kept) {
  const MailMessage m = parse(
      "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\n"
      "Content-Type: multipart/mixed; boundary=ab\n\n"
      "--ab\nContent-Type: text/html\n\n<p>1</p>\n"
      "--ab\nContent-Type: image/png; name=p.png\nContent-Disposition: inline\nContent-Id: <p@x>\n"
      "Content-Transfer-Encoding: base64\n\nAAAA\n"
      "--ab\nContent-Type: text/html\n\n<p>2</p>\n--ab--\n--a--\n");
  BOOST_TEST(m.plain == "plain");
  BOOST_TEST(m.html == "<p>1</p><p>2</p>");
  BOOST_REQUIRE_EQUAL(m.attachments.size(), 1u);
  BOOST_TEST(m.attachments[0].filename == "p.png");
  BOOST_TEST(m.attachments[0].content_type == "image/png");
  BOOST_TEST(m.attachments[0].content_id == "p@x");
  BOOST_TEST(m.attachments[0].is_inline);
  BOOST_TEST(m.attachments[0].bytes == 3u);
}

BOOST_AUTO_TEST_CASE(transfer_encodings_are_undone_however_they_are_written) {
  BOOST_TEST(parse("Content-Transfer-Encoding: BASE64\n\naGVs\nbG8=\n").plain == "hello");
  BOOST_TEST(parse("Content-Transfer-Encoding: quoted-printable \n\na=3Db=\nc=zz =E9\n").plain ==
             "a=bc=zz \xC3\xA9\n");
  BOOST_TEST(parse("Content-Transfer-Encoding: nonsense\n\nas it is").plain == "as it is");
}

BOOST_AUTO_TEST_CASE(charsets_are_read_as_declared_or_as_likely) {
  const auto with = [](const std::string& charset, const std::string& body) {
    return parse("Content-Type: text/plain; charset=" + charset + "\n\n" + body).plain;
  };
  BOOST_TEST(with("iso-8859-1", "caf\xE9 \x93x\x94") == "café “x”");
  BOOST_TEST(with("\"windows-1252\"", "\x80") == "€");
  BOOST_TEST(with("koi8-r", "\xF0\xD2\xC9\xD7\xC5\xD4") == "Привет");
  BOOST_TEST(with("gb2312", "\xC4\xE3\xBA\xC3") == "你好");
  BOOST_TEST(with("iso-2022-jp", "\x1B$B$3\x1B(B") == "こ");
  BOOST_TEST(with("utf-16le", "h\0i\0"s) == "hi");
  BOOST_TEST(with("no-such-charset", "caf\xE9") == "café");
  BOOST_TEST(with("no-such-charset", "caf\xC3\xA9") == "café");
  BOOST_TEST(with("utf-8", "caf\xE9") == "café");
  BOOST_TEST(with("us-ascii", "caf\xC3\xA9") == "café");
  BOOST_TEST(parse("Subject: x\n\ncaf\xE9").plain == "café");
  BOOST_TEST(parse("Content-Type: text/html\n\n<meta charset=koi8-r>\xF0").html == "<meta charset=koi8-r>П");
}

BOOST_AUTO_TEST_CASE(nul_bytes_become_replacement_characters) {
  const MailMessage m = parse("Subject: a\0b\n\nx\0y"s);
  BOOST_TEST(m.header.subject ==
             "a\xEF\xBF\xBD"
             "b");
  BOOST_TEST(m.plain == "x\xEF\xBF\xBDy");
}

BOOST_AUTO_TEST_CASE(flowed_text_is_joined) {
  // RFC 3676 section 4: soft breaks, stuffing, quotes, and a signature mark that does not flow.
  const std::string head = "Content-Type: text/plain; format=flowed";
  BOOST_TEST(parse(head + "\n\none \ntwo\n> a \n> b\n>> c\n From x\n-- \nme\n").plain ==
             "one two\n> a b\n>> c\nFrom x\n-- \nme\n");
  BOOST_TEST(parse(head + "; delsp=yes\n\non \ne\n").plain == "one\n");
  BOOST_TEST(parse("Subject: x\n\none \ntwo\n").plain == "one \ntwo\n");
}

BOOST_AUTO_TEST_CASE(file_names_are_decoded_in_every_fashion) {
  const auto name = [](const std::string& headers) {
    const MailMessage m = parse("Content-Type: application/pdf" + headers + "\n\nx");
    BOOST_REQUIRE_EQUAL(m.attachments.size(), 1u);
    return m.attachments[0].filename;
  };
  BOOST_TEST(name("; name=\"a b.pdf\"") == "a b.pdf");
  BOOST_TEST(name("\nContent-Disposition: attachment; filename*=utf-8''na%C3%AFve.pdf") == "naïve.pdf");
  BOOST_TEST(name("\nContent-Disposition: attachment;\n filename*0=\"long \";\n filename*1=\"name.pdf\"") ==
             "long name.pdf");
  BOOST_TEST(name("\nContent-Disposition: attachment; filename=\"=?utf-8?B?w6kucGRm?=\"") == "é.pdf");
  BOOST_TEST(name("\nContent-Disposition: attachment; filename=\"C:\\\\temp\\\\x.pdf\"") == "x.pdf");
  BOOST_TEST(name("\nContent-Disposition: attachment; filename=\"../../etc/passwd\"") == "passwd");
  BOOST_TEST(name("").empty());
}

BOOST_AUTO_TEST_CASE(attachments_keep_what_is_used_of_them) {
  const MailMessage m = parse(
      "Content-Type: multipart/mixed; boundary=m\n\n"
      "--m\nContent-Type: text/plain; charset=iso-8859-1\nContent-Disposition: attachment; "
      "filename=n.txt\n\ncaf\xE9\n"
      "--m\nContent-Type: text/html; name=p.html\n\n<p>page</p>\n"
      "--m\nContent-Type: TEXT/Calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
      "--m\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?inn=C3=A9r?=\nContent-Type: "
      "text/plain\n\ninner text\n"
      "--m\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: "
      "base64\n\nQUJD\n--m--\n");
  BOOST_TEST(m.plain.empty());
  BOOST_REQUIRE_EQUAL(m.attachments.size(), 5u);
  BOOST_TEST(m.attachments[0].text == "café");
  BOOST_TEST(m.attachments[0].content.empty());
  BOOST_TEST(m.attachments[1].text == "page");
  BOOST_TEST(m.attachments[2].content_type == "text/calendar");
  BOOST_TEST(m.attachments[2].content == "BEGIN:VCALENDAR");
  BOOST_TEST(m.attachments[3].content_type == "message/rfc822");
  BOOST_TEST(m.attachments[3].filename == "innér");
  BOOST_TEST(m.attachments[4].filename == "winmail.dat");
  BOOST_TEST(m.attachments[4].bytes == 3u);
}

BOOST_AUTO_TEST_CASE(reports_and_signed_mail_show_their_text) {
  const MailMessage report = parse(
      "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nit failed\n"
      "--r\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--r\nContent-Type: "
      "text/rfc822-headers\n\nSubject: x\n--r--\n");
  BOOST_TEST(report.plain == "it failed");
  BOOST_REQUIRE_EQUAL(report.attachments.size(), 2u);
  BOOST_TEST(report.attachments[1].text == "Subject: x");
  const MailMessage is_signed = parse(
      "Content-Type: multipart/signed; boundary=s\n\n--s\n\nsigned text\n--s\n"
      "Content-Type: application/pgp-signature\n\n-----BEGIN\n--s--\n");
  BOOST_TEST(is_signed.plain == "signed text");
  BOOST_REQUIRE_EQUAL(is_signed.attachments.size(), 1u);
}

BOOST_AUTO_TEST_CASE(broken_structure_loses_no_text) {
  BOOST_TEST(parse("Content-Type: multipart/mixed\n\nno boundary").plain == "no boundary");
  BOOST_TEST(parse("Content-Type: multipart/mixed; boundary=x\n\nnever used").plain == "never used");
  BOOST_TEST(parse("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nnot closed").plain == "not closed");
  BOOST_TEST(parse("Content-Type: plain\n\ntext").plain == "text");
  BOOST_TEST(parse("Subject: x\nThere is no blank line here").plain == "There is no blank line here");
  // A boundary that begins like the outer one is another boundary (RFC 2046 section 5.1.2).
  const MailMessage m = parse(
      "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=xy\n\n"
      "--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n");
  BOOST_TEST(m.plain == "one\ntwo");
}

BOOST_AUTO_TEST_CASE(limits_cut_and_say_so) {
  BOOST_TEST(parse(nested(64)).plain == "innermost\n");
  const MailMessage deep = parse(nested(1000));
  BOOST_TEST(deep.header.subject == "nested");
  BOOST_TEST(deep.plain.empty());
  BOOST_TEST(deep.truncated);

  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
  const MailMessage many = parse(head + repeat("--b\nContent-Type: a/b\n\nx\n", 1500));
  BOOST_TEST(many.attachments.size() == 1000u);
  BOOST_TEST(many.truncated);

  const MailMessage text = parse("Content-Transfer-Encoding: quoted-printable\n\n" + repeat("=C3=A9", 1000),
                                 {.max_text_bytes = 101});
  BOOST_TEST(text.plain.size() == 100u);  // cut between characters
  BOOST_TEST(text.truncated);

  const MailMessage parts =
      parse(head + "--b\n\n" + repeat("x", 50) + "\n--b\n\n" + repeat("y", 60) + "\n--b--\n",
            {.max_decoded_bytes = 100});
  BOOST_TEST(parts.plain == repeat("x", 50));
  BOOST_TEST(parts.truncated);
}

BOOST_AUTO_TEST_CASE(huge_messages_are_read_within_the_limits) {
  const MailMessage big =
      parse("Subject: x\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
            repeat(repeat("QUJD", 18) + "\n", 30u * 1024 * 1024 / 73));
  BOOST_REQUIRE_EQUAL(big.attachments.size(), 1u);
  BOOST_TEST(big.attachments[0].bytes == 30u * 1024 * 1024 / 73 * 54);
  BOOST_TEST(!big.truncated);
  const MailMessage subject = parse("Subject: " + repeat("word ", 2u << 20) + "\n\nx");
  BOOST_TEST(subject.header.subject.size() <= 256u * 1024);
  BOOST_TEST(subject.plain == "x");
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_refused) {
  for (const std::string_view bytes : {"", "\n\n\n", "just some text",
                                       "\x7F"
                                       "ELF\x02\x01"}) {
    BOOST_REQUIRE(!parse_mail_message(bytes));
    BOOST_TEST((parse_mail_message(bytes).error().code == ErrorCode::invalid_argument));
    BOOST_TEST(!parse_mail_header(bytes));
  }
}

BOOST_AUTO_TEST_CASE(any_prefix_of_a_message_is_read_as_valid_text) {
  const std::string whole =
      "From: =?utf-8?q?J=C3=BCrgen?= <j@x>\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
      "quoted-printable\n\n=E2=82=AC\n--b\n"
      "Content-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU\n--b--\n";
  for (std::size_t size = 6; size <= whole.size(); ++size) {
    const auto m = parse_mail_message(whole.substr(0, size));
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST((text::is_utf8(m->plain) && text::is_utf8(m->html)));
  }
  BOOST_TEST(parse(whole).plain == "€");
  BOOST_TEST(parse(whole).html == "Привет");
}

BOOST_AUTO_TEST_SUITE_END()
