#include "baton/pipeline/stored_json.hpp"

#include "baton/codec/json.hpp"
#include "baton/crypto/eip55.hpp"

namespace baton::pipeline {

namespace {

// jsonb is read recursively within max_stack_depth (2 MB by default), where some 5,000 levels fit.
constexpr std::size_t deepest = 1'000;
// jsonb numbers are numeric: at most 131,072 digits before the point.
constexpr std::size_t most_digits = 100'000;

/// Looks at JSON text that is known to be well formed.
class Scan {
  public:
    explicit Scan(std::string& json) : json_(json) {}

    std::optional<Failure> run() {
        while (at_ < json_.size()) {
            const char c = json_[at_];
            if (c == '"') {
                skip_text();
                continue;
            }
            if (c == '[' || c == '{') {
                if (++depth_ > deepest) return Failure{"value cannot be stored: it is nested too deeply"};
            } else if (c == ']' || c == '}') {
                --depth_;
            }
            digits_ = c >= '0' && c <= '9' ? digits_ + 1 : 0;
            if (digits_ > most_digits) return Failure{"value cannot be stored: a number has too many digits"};
            ++at_;
        }
        return std::nullopt;
    }

  private:
    /// To behind the closing quote.
    void skip_text() {
        constexpr std::string_view nul = "\\u0000";
        for (++at_; json_[at_] != '"'; ++at_) {
            if (json_[at_] != '\\') continue;
            if (json_.compare(at_, nul.size(), nul) == 0) json_.replace(at_, nul.size(), "\\ufffd");
            ++at_;
        }
        ++at_;
    }

    std::string& json_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t digits_ = 0;
};

}  // namespace

Result<std::string> storable_json(std::string json) {
    if (auto refused = Scan(json).run()) return *refused;
    return json;
}

Result<std::string> stored_json(const codec::Value& value) {
    static const codec::ChecksumText checksum = crypto::to_checksum;
    try {
        return storable_json(codec::write_stored_json(value, checksum));
    } catch (const codec::JsonUnsupported& error) {
        return Failure{error.what()};
    }
}

}  // namespace baton::pipeline
