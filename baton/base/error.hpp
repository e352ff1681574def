#pragma once

#include <stdexcept>
#include <string>

namespace baton {

/// Root of all errors that say "this operation did not happen". what() is one line for the operator: what
/// happened, to what, what to do; never a secret.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The caller passed something unusable: a bad body, parameter, specification, setting.
class InvalidInput : public Error {
  public:
    using Error::Error;
};

/// The thing that was asked for does not exist.
class NotFound : public Error {
  public:
    using Error::Error;
};

/// The deadline passed before the operation ended; whether it took effect is unknown unless the thrower says
/// so.
class TimedOut : public Error {
  public:
    using Error::Error;
};

/// The owner of the task cancelled it.
class Cancelled : public Error {
  public:
    Cancelled() : Error("cancelled") {}
};

}  // namespace baton
