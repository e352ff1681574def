// vectors FILE [--supported] [--strict] [--task NAME]
//
// Replays the cases of pipeline-cases.json (its format: reference/pipeline.md section 1) and prints those
// that come out differently.

#include "baton/async/loop.hpp"
#include "vector_groups.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

namespace baton::compat {

namespace {

struct Options {
    std::string file;
    std::string task;
    bool supported = false;
    bool strict = false;
};

constexpr std::string_view usage =
    "usage: vectors FILE [--supported] [--strict] [--task NAME]\n"
    "  --supported   skip cases of task types that this version does not run, and count them\n"
    "  --strict      compare complete error texts, not only the part that has to be there\n"
    "  --task NAME   only the cases of that task type or helper\n";

std::optional<Options> parse_options(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--supported") {
            options.supported = true;
        } else if (argument == "--strict") {
            options.strict = true;
        } else if (argument == "--task" && i + 1 < count) {
            options.task = arguments[++i];
        } else if (options.file.empty() && !argument.starts_with('-')) {
            options.file = argument;
        } else {
            return std::nullopt;
        }
    }
    if (options.file.empty()) return std::nullopt;
    return options;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw InvalidInput("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Replay {
  public:
    Replay(const Options& options, VectorWorld world) : options_(options), world_(world) {}

    /// True when no case failed.
    bool run(const std::vector<VectorCase>& cases) {
        for (const VectorCase& vector : cases) {
            if (!options_.task.empty() && vector.task != options_.task) continue;
            const auto missing = options_.supported ? missing_kind(vector) : std::nullopt;
            if (missing) {
                ++skipped_[*missing];
            } else {
                replay(vector);
            }
        }
        summarize();
        return failed_ == 0;
    }

  private:
    void replay(const VectorCase& vector) {
        Checks checks(vector, options_.strict);
        try {
            if (!dispatch(vector, checks)) checks.fail("not supported by this version of Baton");
        } catch (const std::exception& error) {
            checks.fail("cannot be replayed: " + std::string(error.what()));
        }
        if (checks.lines().empty()) {
            ++passed_;
            return;
        }
        ++failed_;
        std::cout << "FAILED " << vector.id << '\n';
        for (const std::string& line : checks.lines())
            std::cout << "  " << line << '\n';
    }

    bool dispatch(const VectorCase& vector, Checks& checks) {
        if (missing_kind(vector)) return false;
        return run_param_case(vector, checks) || run_helper_case(vector, checks, world_) ||
               run_graph_case(vector, checks, world_) || run_task_case(vector, checks, world_);
    }

    void summarize() const {
        std::size_t skipped = 0;
        for (const auto& [kind, count] : skipped_) {
            std::cout << "skipped " << kind << ": " << count << '\n';
            skipped += count;
        }
        std::cout << passed_ << " passed, " << failed_ << " failed";
        if (options_.supported) std::cout << ", " << skipped << " skipped";
        std::cout << '\n';
    }

    const Options& options_;
    VectorWorld world_;
    std::size_t passed_ = 0;
    std::size_t failed_ = 0;
    std::map<std::string, std::size_t> skipped_;
};

bool replay_file(const Options& options) {
    async::Loop loop;
    StubServer server(loop.executor());
    bool good = false;
    {
        net::HttpClient http(loop.executor());
        const auto cases = read_cases(read_file(options.file), server.url());
        good = Replay(options, {loop, http, server}).run(cases);
    }
    loop.run_until_done(server.close());
    return good;
}

}  // namespace

}  // namespace baton::compat

int main(int count, char** arguments) {
    const auto options = baton::compat::parse_options(count, arguments);
    if (!options) {
        std::cerr << baton::compat::usage;
        return 2;
    }
    try {
        return baton::compat::replay_file(*options) ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "vectors: " << error.what() << '\n';
        return 2;
    }
}
