#include "cmd/baton/flags.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace baton::cli {

namespace {

/// "--page=2" taken apart; nothing for a word that is no option ("-" and plain words).
struct Word {
    std::string name;
    std::optional<std::string> value;
};

std::optional<Word> read_word(const std::string& text) {
    if (text.size() < 2 || text.front() != '-' || text == "--") return std::nullopt;
    const auto name = text.substr(text.starts_with("--") ? 2 : 1);
    const auto equals = name.find('=');
    if (equals == std::string::npos) return Word{name, std::nullopt};
    return Word{name.substr(0, equals), name.substr(equals + 1)};
}

const Flag* find_flag(const std::vector<Flag>& flags, const std::string& name) {
    for (const auto& flag : flags) {
        if (std::find(flag.names.begin(), flag.names.end(), name) != flag.names.end()) return &flag;
    }
    return nullptr;
}

std::optional<bool> read_boolean(const std::string& text) {
    for (const auto* yes : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == yes) return true;
    }
    for (const auto* no : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

std::optional<std::int64_t> read_integer(const std::string& text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// The form that the flag lists later comes first.
std::string two_forms_text(const Flag& flag, std::string one, std::string other) {
    const auto at = [&](const std::string& name) {
        return std::find(flag.names.begin(), flag.names.end(), name);
    };
    if (at(one) < at(other)) std::swap(one, other);
    return "Cannot use two forms of the same flag: " + one + " " + other;
}

void check_value(const Flag& flag, const std::string& name, const std::string& value) {
    if (flag.kind == Flag::Kind::boolean && !read_boolean(value))
        throw UsageError("invalid boolean value \"" + value + "\" for -" + name + ": parse error");
    if (flag.kind == Flag::Kind::integer && !read_integer(value))
        throw UsageError("invalid value \"" + value + "\" for flag -" + name + ": parse error");
}

}  // namespace

/// Walks over the words of one command.
class FlagParser {
  public:
    FlagParser(const std::vector<Flag>& flags, const std::vector<std::string>& words)
        : flags_(flags), words_(words), values_(flags) {}

    ParsedFlags parse() {
        while (next_ < words_.size()) {
            if (words_[next_] == "--") {
                ++next_;
                break;
            }
            const auto word = read_word(words_[next_]);
            if (!word) break;
            if (word->name.empty() || word->name.front() == '-')
                throw UsageError("bad flag syntax: " + words_[next_]);
            ++next_;
            take(*word);
        }
        const auto at = words_.begin() + static_cast<std::ptrdiff_t>(next_);
        return {std::move(values_), std::vector<std::string>(at, words_.end())};
    }

  private:
    void take(const Word& word) {
        const auto* flag = find_flag(flags_, word.name);
        if (!flag) throw UsageError("flag provided but not defined: -" + word.name);
        const auto& form = forms_.try_emplace(flag, word.name).first->second;
        if (form != word.name) throw TwoForms(two_forms_text(*flag, form, word.name));
        auto value = word.value;
        if (!value && flag->kind == Flag::Kind::boolean) value = "true";
        if (!value) {
            if (next_ == words_.size()) throw UsageError("flag needs an argument: -" + word.name);
            value = words_[next_++];
        }
        check_value(*flag, word.name, *value);
        auto& given = values_.given_[flag->names.front()];
        if (flag->kind != Flag::Kind::texts) given.clear();
        given.push_back(*std::move(value));
    }

    const std::vector<Flag>& flags_;
    const std::vector<std::string>& words_;
    FlagValues values_;
    std::map<const Flag*, std::string> forms_;
    std::size_t next_ = 0;
};

FlagValues::FlagValues(const std::vector<Flag>& flags) {
    for (const auto& flag : flags)
        flags_[flag.names.front()] = &flag;
}

bool FlagValues::is_set(const std::string& name) const {
    return given_.contains(name);
}

std::string FlagValues::text(const std::string& name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? flags_.at(name)->default_text : found->second.back();
}

bool FlagValues::boolean(const std::string& name) const {
    return is_set(name) && read_boolean(text(name)).value_or(false);
}

std::int64_t FlagValues::integer(const std::string& name) const {
    return read_integer(text(name)).value_or(0);
}

std::vector<std::string> FlagValues::texts(const std::string& name) const {
    const auto found = given_.find(name);
    return found == given_.end() ? std::vector<std::string>() : found->second;
}

ParsedFlags parse_flags(const std::vector<Flag>& flags, const std::vector<std::string>& words) {
    return FlagParser(flags, words).parse();
}

std::vector<std::string> reorder(const std::vector<Flag>& flags, const std::vector<std::string>& words) {
    std::vector<std::string> options;
    std::vector<std::string> others;
    bool value_may_follow = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& text = words[i];
        const auto word = read_word(text);
        const bool is_option = word && find_flag(flags, word->name);
        if (value_may_follow && !is_option) {
            options.push_back(text);
            value_may_follow = false;
        } else if (text == "--") {
            others.insert(others.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            break;
        } else if (is_option) {
            options.push_back(text);
            value_may_follow = !word->value;
        } else {
            others.push_back(text);
        }
    }
    options.insert(options.end(), others.begin(), others.end());
    return options;
}

}  // namespace baton::cli
