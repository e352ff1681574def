#include "baton/pipeline/letter_case.hpp"

#include "baton/base/error.hpp"
#include "baton/pipeline/go_text.hpp"

#include <locale.h>
#include <clocale>
#include <cwctype>

namespace baton::pipeline {

namespace {

static_assert(sizeof(wchar_t) >= 4, "wide characters are code points");

/// glibc's own tables; C.UTF-8 is part of the C library on Debian 12 and is there without any locale package.
locale_t unicode() {
    static const locale_t locale = [] {
        const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        if (made == nullptr) throw Error("the C library has no locale C.UTF-8");
        return made;
    }();
    return locale;
}

std::string map_all(std::string_view text, wint_t (*map)(wint_t, locale_t)) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Rune rune = decode_rune(text);
        append_rune(out, static_cast<char32_t>(map(static_cast<wint_t>(rune.value), unicode())));
        text.remove_prefix(rune.size);
    }
    return out;
}

}  // namespace

std::string to_lower_case(std::string_view text) {
    return map_all(text, towlower_l);
}
std::string to_upper_case(std::string_view text) {
    return map_all(text, towupper_l);
}

}  // namespace baton::pipeline
