// What the names in an address tell: domains that everybody can use, senders that are no person.
#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/text.hpp"

namespace omnicrm {
namespace {

// The well-known providers of free and access-line mailboxes, written down from the providers' own pages
// (November 2026); a guess for a domain that is not here is the organization it names. Sorted.
// clang-format off
constexpr auto free_mail = std::to_array<std::string_view>({
    "126.com", "139.com", "163.com", "163.net", "188.com", "189.cn", "21cn.com", "263.net", "abv.bg",
    "aim.com", "alice.it", "aliceadsl.fr", "aliyun.com", "arcor.de", "att.net", "autistici.org",
    "bellsouth.net", "bigpond.com", "bigpond.net.au", "bk.ru", "bluewin.ch", "blueyonder.co.uk",
    "bol.com.br", "btinternet.com", "btopenworld.com", "centrum.cz", "centrum.sk", "charter.net",
    "club-internet.fr", "cock.li", "comcast.net", "cox.net", "daum.net", "disroot.org", "duck.com",
    "earthlink.net", "eircom.net", "email.com", "email.cz", "email.de", "excite.com", "fastmail.com",
    "fastmail.fm", "foxmail.com", "free.fr", "freemail.hu", "freenet.de", "frontier.com", "gmail.com",
    "googlemail.com", "hanmail.net", "hey.com", "home.nl", "hush.com", "hushmail.com", "iafrica.com",
    "icloud.com", "ig.com.br", "iinet.net.au", "inbox.com", "inbox.lv", "inbox.ru", "indiatimes.com",
    "interia.pl", "juno.com", "kolabnow.com", "laposte.net", "libero.it", "list.ru", "live.at", "live.be",
    "live.ca", "live.cl", "live.cn", "live.co.uk", "live.co.za", "live.com", "live.com.ar", "live.com.au",
    "live.com.mx", "live.com.pt", "live.de", "live.dk", "live.fi", "live.fr", "live.ie", "live.in",
    "live.it", "live.jp", "live.nl", "live.no", "live.ru", "live.se", "lycos.com", "mac.com", "mail.com",
    "mail.de", "mail.ee", "mail.ru", "mail2world.com", "mailbox.org", "mailfence.com", "me.com",
    "mindspring.com", "mm.st", "msn.com", "mweb.co.za", "myspace.com", "nate.com", "naver.com",
    "netscape.net", "netzero.net", "neuf.fr", "ntlworld.com", "o2.pl", "onet.eu", "onet.pl", "online.de",
    "online.no", "op.pl", "optonline.net", "optusnet.com.au", "orange.fr", "outlook.com", "pacbell.net",
    "passport.com", "pm.me", "posteo.de", "posteo.net", "prodigy.net", "proton.me", "protonmail.ch",
    "protonmail.com", "qq.com", "rambler.ru", "rediffmail.com", "riseup.net", "rocketmail.com",
    "rogers.com", "runbox.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca", "sina.cn",
    "sina.com", "sky.com", "skynet.be", "sohu.com", "startmail.com", "swissonline.ch", "sympatico.ca",
    "t-online.de", "talktalk.net", "telefonica.net", "telenet.be", "telia.com", "telus.net", "terra.com.br",
    "tin.it", "tiscali.co.uk", "tiscali.it", "tlen.pl", "tuta.com", "tuta.io", "tutamail.com",
    "tutanota.com", "tutanota.de", "ukr.net", "uol.com.br", "usa.net", "verizon.net", "virgilio.it",
    "virgin.net", "virginmedia.com", "vodafone.it", "volny.cz", "vp.pl", "wanadoo.fr", "web.de", "wp.pl",
    "xs4all.nl", "ya.ru", "yandex.com", "yandex.ru", "yeah.net", "ymail.com", "zoho.com", "zohomail.com",
    "zonnet.nl",
});

// Providers with one domain per country: yahoo.fr, hotmail.co.uk, gmx.at ... Sorted.
constexpr auto free_mail_families = std::to_array<std::string_view>({
    "aol", "gmx", "hotmail", "outlook", "yahoo", "yandex",
});

// Local parts that only programs send from, without '-', '_' and '.': mailbox names of RFC 2142 that no
// person answers, and what mail systems, list managers and web services use. Sorted.
constexpr auto robots = std::to_array<std::string_view>({
    "abuse", "alert", "alerts", "announce", "announcements", "autoconfirm", "automailer", "automated",
    "automatedemail", "autoreply", "autoresponder", "autoresponse", "bot", "bounce", "bounced",
    "bouncemail", "bounces", "calendarnotification", "confirmation", "confirmations", "cron", "crondaemon",
    "daemon", "deliverystatus", "digest", "digests", "donotreply", "dontreply", "errors", "eticket",
    "etickets", "ezmlm", "hostmaster", "invitations", "invites", "listhelp", "listmaster", "listproc",
    "lists", "listserv", "listserver", "lyris", "mailbot", "maildaemon", "mailer", "mailerdaemon",
    "mailinglist", "mailman", "mailsystem", "majordomo", "messagecenter", "nagios", "newsletter",
    "newsletters", "nobody", "nomail", "noreply", "norespond", "noresponse", "notification",
    "notifications", "notifier", "notify", "notreply", "nullmail", "postmaster", "promos", "promotions",
    "receipts", "reminder", "reminders", "replyto", "robot", "root", "rss2email", "rssfeed", "rssfeeds", "securityalert", "statusupdate",
    "sympa", "systemmessage", "undisclosedrecipients", "unsubscribe", "updates", "uucp", "webmaster",
    "wwwdata",
});
// clang-format on
static_assert(std::ranges::is_sorted(free_mail) && std::ranges::is_sorted(free_mail_families) &&
              std::ranges::is_sorted(robots));

// A list manager's commands around the list's name (RFC 2142 section 6, Mailman, Majordomo, ezmlm).
constexpr auto list_endings =
    std::to_array<std::string_view>({"-request", "-requests", "-bounces", "-bounce", "-owner", "-subscribe",
                                     "-unsubscribe", "-errors", "-listmanager", "-mailer-daemon"});
constexpr auto list_beginnings =
    std::to_array<std::string_view>({"owner-", "bounce-", "bounces-", "request-"});

// drive-shares-noreply, no-reply-aws: whole words between separators, in any place.
bool has_no_reply_word(std::string_view local) {
  constexpr std::string_view separators = "-_.+=";
  std::string_view before;
  std::string_view before_that;
  while (!local.empty()) {
    const std::size_t end = local.find_first_of(separators);
    const std::string_view word = local.substr(0, end);
    if (word == "noreply" || word == "donotreply") return true;
    if (word == "reply" && (before == "no" || (before == "not" && before_that == "do"))) return true;
    before_that = before;
    before = word;
    local.remove_prefix(end == std::string_view::npos ? local.size() : end + 1);
  }
  return false;
}

}  // namespace

bool is_free_mail_domain(std::string_view domain) {
  const std::string lower = text::lower_ascii(domain);
  if (std::ranges::binary_search(free_mail, std::string_view(lower))) return true;
  const std::string_view first = std::string_view(lower).substr(0, lower.find('.'));
  return std::ranges::binary_search(free_mail_families, first) && registrable_domain(lower) == lower;
}

bool is_role_address(std::string_view local) {
  const std::string lower = text::lower_ascii(local);
  std::string_view name = lower;
  if (has_no_reply_word(name)) return true;
  name = name.substr(0, name.find('+'));  // bounces+42-ab@ is the robot bounces@
  for (const std::string_view ending : list_endings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return true;
  }
  for (const std::string_view beginning : list_beginnings) {
    if (name.size() > beginning.size() && name.starts_with(beginning)) return true;
  }
  std::string word;
  std::ranges::copy_if(name, std::back_inserter(word),
                       [](char c) { return c != '-' && c != '_' && c != '.'; });
  return std::ranges::binary_search(robots, std::string_view(word));
}

}  // namespace omnicrm
