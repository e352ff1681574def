// fuzz CORPUS [--target NAME] [--seconds N] [--seed N] [--keep FOLDER]
//
// Each target's parser for N seconds of CPU (10) with mutations of CORPUS/<target>/*, and, in a build of the
// preset `fuzz`, of inputs that reached what none before them did; those are written to FOLDER/<target>,
// which is a corpus for the next time. Where it dies, throws what it must not, or needs more than a second of
// CPU for one input, that input is in fuzz-failed-<target>; give the program a folder with that file to see
// it again, and put it into the corpus when it is mended.

#include "coverage.hpp"
#include "fuzz_targets.hpp"
#include "mutator.hpp"

#include "baton/base/error.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace baton::fuzz {

namespace {

/// Of this process alone: what else the machine does, or that somebody stops us for a while, does not count.
std::chrono::nanoseconds cpu_time() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

struct Options {
    std::filesystem::path corpus;
    std::string target;
    std::chrono::seconds seconds{10};
    std::uint64_t seed = 0;
    /// Empty: what was kept ends with the program.
    std::filesystem::path keep;
};

/// The input under way, in a file that is there also after the process died.
class LastInput {
  public:
    explicit LastInput(std::string path) : path_(std::move(path)) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (file_ < 0) throw Error("cannot write " + path_);
    }
    ~LastInput() {
        ::close(file_);
        if (!keep_) std::filesystem::remove(path_);
    }
    LastInput(const LastInput&) = delete;
    LastInput& operator=(const LastInput&) = delete;

    void set(const std::string& input) {
        const bool written = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, input.data(), input.size(), 0) ==
                                                               static_cast<ssize_t>(input.size());
        if (!written) throw Error("cannot write " + path_);
    }
    void keep() { keep_ = true; }

  private:
    std::string path_;
    int file_ = -1;
    bool keep_ = false;
};

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        paths.push_back(entry.path());
    // The order of a folder is not the same everywhere.
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> corpus;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    if (corpus.empty()) throw InvalidInput("there is nothing in " + folder.string());
    return corpus;
}

/// What is wrong with the input; empty: nothing.
std::string fault_of(const Target& target, const std::string& input) {
    // A slow one again: a machine that is busy with something else makes a process slow for an instant.
    for (int run = 0; run < 3; ++run) {
        const auto began = cpu_time();
        try {
            target.run(input);
        } catch (const std::exception& error) {
            return error.what();
        }
        if (cpu_time() - began < std::chrono::seconds(1)) return "";
    }
    return "it took more than a second, three times";
}

/// Inputs by their order of appearance.
void write_kept(const std::filesystem::path& folder, std::size_t number, const std::string& input) {
    std::filesystem::create_directories(folder);
    const auto path = folder / ("kept-" + std::to_string(number));
    std::ofstream file(path, std::ios::binary);
    file.write(input.data(), static_cast<std::streamsize>(input.size()));
    if (!file.flush()) throw Error("cannot write " + path.string());
}

/// True when nothing was found.
bool fuzz(const Target& target, const Options& options) {
    auto corpus = read_corpus(options.corpus / target.name);
    LastInput last("fuzz-failed-" + std::string(target.name));
    std::vector<std::string> first = corpus;
    Mutator mutator(std::move(corpus), target, options.seed);
    const auto until = cpu_time() + options.seconds;
    std::uint64_t runs = 0;
    std::size_t kept = 0;
    for (; runs < first.size() || cpu_time() < until; ++runs) {
        const std::string input = runs < first.size() ? first[runs] : mutator.next();
        last.set(input);
        Coverage::begin();
        const auto fault = fault_of(target, input);
        const bool is_new = Coverage::found_new();
        if (is_new && runs >= first.size()) {
            mutator.keep(input);
            ++kept;
        }
        if (is_new && !options.keep.empty()) write_kept(options.keep / target.name, runs, input);
        if (fault.empty()) continue;
        last.keep();
        std::cout << target.name << ": FAILED after " << runs << " inputs, seed " << options.seed << ": "
                  << fault << "; the input is in fuzz-failed-" << target.name << std::endl;
        return false;
    }
    std::cout << target.name << ": " << runs << " inputs, seed " << options.seed;
    if (Coverage::known() > 0) std::cout << ", " << kept << " kept, " << Coverage::known() << " steps known";
    std::cout << std::endl;
    return true;
}

std::optional<Options> parse_options(int count, char** arguments) {
    Options options;
    options.seed = std::random_device{}();
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--target" && i + 1 < count) {
            options.target = arguments[++i];
        } else if (argument == "--seconds" && i + 1 < count) {
            options.seconds = std::chrono::seconds(std::atoi(arguments[++i]));
        } else if (argument == "--keep" && i + 1 < count) {
            options.keep = arguments[++i];
        } else if (argument == "--seed" && i + 1 < count) {
            options.seed = std::strtoull(arguments[++i], nullptr, 10);
        } else if (options.corpus.empty() && !argument.starts_with('-')) {
            options.corpus = argument;
        } else {
            return std::nullopt;
        }
    }
    if (options.corpus.empty()) return std::nullopt;
    return options;
}

int run(int count, char** arguments) {
    const auto options = parse_options(count, arguments);
    if (!options) {
        std::cerr << "usage: fuzz CORPUS [--target NAME] [--seconds N] [--seed N] [--keep FOLDER]\n";
        return 2;
    }
    bool good = true;
    bool any = false;
    for (const auto& target : targets()) {
        if (!options->target.empty() && options->target != target.name) continue;
        any = true;
        good = fuzz(target, *options) && good;
    }
    if (!any) std::cerr << "there is no target " << options->target << '\n';
    return good && any ? 0 : 1;
}

}  // namespace

}  // namespace baton::fuzz

int main(int count, char** arguments) {
    try {
        return baton::fuzz::run(count, arguments);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
