#pragma once

#include "baton/base/error.hpp"

namespace baton::cli {

/// A command failed: the bare message on stderr, exit code 1 (reference/cli.md section 1).
class Failure : public Error {
  public:
    using Error::Error;
};

/// A failure that v1.11.0 returns "plain": a log line "... Error running app: <message>" on stderr, exit
/// code 1.
class PlainFailure : public Error {
  public:
    using Error::Error;
};

/// A question found the end of the input: "EOF" on stdout behind it, exit code 1.
class EndOfInput : public Error {
  public:
    EndOfInput() : Error("EOF") {}
};

/// The text of an option cannot be used; shown with the help of its command.
class UsageError : public Error {
  public:
    using Error::Error;
};

}  // namespace baton::cli
