#include "providers/files/csv_presets.hpp"

#include <array>

namespace omnicrm::files {
namespace {

using Name = std::string_view;

// LinkedIn, "Connections.csv" of the data export.
constexpr std::array<Name, 4> linkedin_marks{"first name", "last name", "connected on", "position"};
constexpr std::array<CsvRule, 7> linkedin{{
    {"first name", "given_name", ""},
    {"last name", "family_name", ""},
    {"url", "handle", "linkedin"},
    {"email address", "email", ""},
    {"company", "organization", ""},
    {"position", "job_title", ""},
    {"connected on", "custom:connected on", ""},
}};

// HubSpot, contacts export.
constexpr std::array<Name, 3> hubspot_marks{"record id", "first name", "lifecycle stage"};
constexpr std::array<Name, 3> hubspot_marks_old{"contact id", "first name", "lifecycle stage"};
constexpr std::array<CsvRule, 23> hubspot{{
    {"record id", "custom:hubspot id", ""},
    {"contact id", "custom:hubspot id", ""},
    {"first name", "given_name", ""},
    {"last name", "family_name", ""},
    {"email", "email", ""},
    {"additional email addresses", "email", ""},
    {"work email", "email", "work"},
    {"phone number", "phone", ""},
    {"mobile phone number", "phone", "cell"},
    {"company name", "organization", ""},
    {"associated company", "organization", ""},
    {"job title", "job_title", ""},
    {"website url", "url", "work"},
    {"linkedin url", "handle", "linkedin"},
    {"linkedin bio", "custom:linkedin bio", ""},
    {"twitter username", "handle", "twitter"},
    {"date of birth", "birthday", ""},
    {"street address", "street", ""},
    {"city", "locality", ""},
    {"state region", "region", ""},
    {"postal code", "postal_code", ""},
    {"country region", "country", ""},
    {"lead status", "custom:lead status", ""},
}};

// Google Contacts; the header changed in 2024 from "Given Name" to "First Name".
constexpr std::array<Name, 3> google_old_marks{"given name", "family name", "group membership"};
constexpr std::array<Name, 3> google_marks{"first name", "phonetic first name", "labels"};
constexpr std::array<CsvRule, 52> google{{
    {"name", "display_name", ""},
    {"file as", "", ""},
    {"given name", "given_name", ""},
    {"first name", "given_name", ""},
    {"additional name", "additional_name", ""},
    {"middle name", "additional_name", ""},
    {"family name", "family_name", ""},
    {"last name", "family_name", ""},
    {"yomi name", "", ""},
    {"given name yomi", "", ""},
    {"additional name yomi", "", ""},
    {"family name yomi", "", ""},
    {"phonetic first name", "", ""},
    {"phonetic middle name", "", ""},
    {"phonetic last name", "", ""},
    {"name prefix", "prefix", ""},
    {"name suffix", "suffix", ""},
    {"initials", "", ""},
    {"nickname", "nickname", ""},
    {"short name", "", ""},
    {"maiden name", "custom:maiden name", ""},
    {"birthday", "birthday", ""},
    {"notes", "note", ""},
    {"photo", "", ""},
    {"group membership", "tag", ""},
    {"labels", "tag", ""},
    {"e mail # type", "label:email", ""},
    {"e mail # label", "label:email", ""},
    {"e mail # value", "email", ""},
    {"im # service", "label:handle", ""},
    {"im # value", "handle", ""},
    {"phone # type", "label:phone", ""},
    {"phone # label", "label:phone", ""},
    {"phone # value", "phone", ""},
    {"address # type", "label:address", ""},
    {"address # label", "label:address", ""},
    {"address # formatted", "", ""},
    {"address # street", "street", ""},
    {"address # city", "locality", ""},
    {"address # po box", "po_box", ""},
    {"address # region", "region", ""},
    {"address # postal code", "postal_code", ""},
    {"address # country", "country", ""},
    {"address # extended address", "street", ""},
    {"organization # name", "organization", ""},
    {"organization name", "organization", ""},
    {"organization # title", "job_title", ""},
    {"organization title", "job_title", ""},
    {"organization # department", "department", ""},
    {"organization department", "department", ""},
    {"website # type", "label:url", ""},
    {"website # value", "url", ""},
}};

// Outlook, English and German.
constexpr std::array<Name, 3> outlook_marks{"first name", "last name", "e mail 2 address"};
constexpr std::array<CsvRule, 45> outlook{{
    {"title", "prefix", ""},
    {"first name", "given_name", ""},
    {"middle name", "additional_name", ""},
    {"last name", "family_name", ""},
    {"suffix", "suffix", ""},
    {"nickname", "nickname", ""},
    {"company", "organization", ""},
    {"department", "department", ""},
    {"job title", "job_title", ""},
    {"business street", "street", "work"},
    {"business street #", "street", "work"},
    {"business city", "locality", "work"},
    {"business state", "region", "work"},
    {"business postal code", "postal_code", "work"},
    {"business country", "country", "work"},
    {"business country region", "country", "work"},
    {"home street", "street", "home"},
    {"home street #", "street", "home"},
    {"home city", "locality", "home"},
    {"home state", "region", "home"},
    {"home postal code", "postal_code", "home"},
    {"home country", "country", "home"},
    {"home country region", "country", "home"},
    {"business phone", "phone", "work"},
    {"business phone #", "phone", "work"},
    {"home phone", "phone", "home"},
    {"home phone #", "phone", "home"},
    {"mobile phone", "phone", "cell"},
    {"primary phone", "phone", ""},
    {"other phone", "phone", "other"},
    {"company main phone", "phone", "company"},
    {"business fax", "phone", "fax"},
    {"home fax", "phone", "fax"},
    {"pager", "phone", "pager"},
    {"e mail address", "email", ""},
    {"e mail # address", "email", ""},
    {"e mail type", "", ""},
    {"e mail # type", "", ""},
    {"e mail display name", "", ""},
    {"e mail # display name", "", ""},
    {"anniversary", "anniversary", ""},
    {"birthday", "birthday", ""},
    {"categories", "tag", ""},
    {"notes", "note", ""},
    {"web page", "url", "work"},
}};

constexpr std::array<Name, 3> outlook_de_marks{"vorname", "nachname", "e mail adresse"};
constexpr std::array<CsvRule, 44> outlook_de{{
    {"anrede", "prefix", ""},
    {"vorname", "given_name", ""},
    {"weitere vornamen", "additional_name", ""},
    {"nachname", "family_name", ""},
    {"suffix", "suffix", ""},
    {"spitzname", "nickname", ""},
    {"firma", "organization", ""},
    {"abteilung", "department", ""},
    {"position", "job_title", ""},
    {"strasse geschaftlich", "street", "work"},
    {"strasse geschaftlich #", "street", "work"},
    {"ort geschaftlich", "locality", "work"},
    {"region geschaftlich", "region", "work"},
    {"postleitzahl geschaftlich", "postal_code", "work"},
    {"land region geschaftlich", "country", "work"},
    {"land geschaftlich", "country", "work"},
    {"strasse privat", "street", "home"},
    {"strasse privat #", "street", "home"},
    {"ort privat", "locality", "home"},
    {"region privat", "region", "home"},
    {"bundesland kanton privat", "region", "home"},
    {"postleitzahl privat", "postal_code", "home"},
    {"land region privat", "country", "home"},
    {"land privat", "country", "home"},
    {"telefon geschaftlich", "phone", "work"},
    {"telefon geschaftlich #", "phone", "work"},
    {"telefon privat", "phone", "home"},
    {"telefon privat #", "phone", "home"},
    {"telefon firma", "phone", "company"},
    {"mobiltelefon", "phone", "cell"},
    {"haupttelefon", "phone", ""},
    {"weiteres telefon", "phone", "other"},
    {"fax geschaftlich", "phone", "fax"},
    {"fax privat", "phone", "fax"},
    {"e mail adresse", "email", ""},
    {"e mail # adresse", "email", ""},
    {"e mail angezeigter name", "", ""},
    {"e mail # angezeigter name", "", ""},
    {"e mail typ", "", ""},
    {"e mail # typ", "", ""},
    {"geburtstag", "birthday", ""},
    {"jahrestag", "anniversary", ""},
    {"kategorien", "tag", ""},
    {"webseite", "url", "work"},
}};

constexpr std::array<CsvPreset, 7> presets{{
    {"linkedin", "LinkedIn Connections export", linkedin_marks, linkedin},
    {"hubspot", "HubSpot contacts export", hubspot_marks, hubspot},
    {"hubspot", "HubSpot contacts export", hubspot_marks_old, hubspot},
    {"google_old", "Google Contacts export (before 2024)", google_old_marks, google},
    {"google", "Google Contacts export", google_marks, google},
    {"outlook", "Outlook contacts export", outlook_marks, outlook},
    {"outlook_de", "Outlook contacts export (German)", outlook_de_marks, outlook_de},
}};

}  // namespace

std::span<const CsvPreset> csv_presets() noexcept {
  return presets;
}

}  // namespace omnicrm::files
