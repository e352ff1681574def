#pragma once

#include "baton/base/error.hpp"
#include "baton/base/random.hpp"
#include "baton/model/job.hpp"

#include <string>
#include <string_view>

namespace baton::api {

/// A job specification that is refused; what() is v1.11.0's text where it has one.
class JobRefused : public InvalidInput {
  public:
    enum class Stage {
        /// Refused by what all job types have in common: TOML, decoding, common rules (jobs.md
        /// sections 1.1-1.3), or known to
        /// v1.11.0 but not run by this version.
        common,
        /// Refused by the rules of its type.
        type,
        /// Well-formed, but this version does not run jobs or tasks of that kind.
        unsupported,
    };
    JobRefused(Stage stage, const std::string& text) : InvalidInput(text), stage_(stage) {}
    Stage stage() const { return stage_; }

  private:
    Stage stage_;
};

/// Reads the TOML text of a job with the decoding rules, checks and texts of v1.11.0 (reference/jobs.md
/// sections 1.1-1.3, 3.1, 5.1). An absent or zero externalJobID becomes a random one. Ids and times stay
/// empty. Throws JobRefused.
model::Job read_job_toml(std::string_view text, Random& random);

}  // namespace baton::api
