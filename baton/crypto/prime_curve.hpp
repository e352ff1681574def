#pragma once

#include "baton/base/big_int.hpp"

#include <memory>

namespace baton::crypto {

/// Affine, public.
struct CurvePoint {
    BigInt x;
    BigInt y;
    bool operator==(const CurvePoint&) const = default;
};

/// y^2 = x^3 + ax + b over the integers modulo p.
struct CurveParameters {
    BigInt p;
    BigInt a;
    BigInt b;
    CurvePoint generator;
    BigInt order;
    unsigned cofactor = 1;
};

/// A curve that OpenSSL does not know by name, on its arithmetic. Any thread. For identities of keys that
/// Baton itself does not use; nothing is signed here.
class PrimeCurve {
  public:
    /// Throws std::invalid_argument when the parameters are no curve.
    explicit PrimeCurve(const CurveParameters& parameters);
    ~PrimeCurve();
    PrimeCurve(const PrimeCurve&) = delete;
    PrimeCurve& operator=(const PrimeCurve&) = delete;

    /// scalar * generator; the scalar is secret, big-endian, and wiped. Throws std::invalid_argument for a
    /// multiple of the order.
    CurvePoint multiply(BytesView scalar) const;
    /// Of public values.
    CurvePoint multiply(const CurvePoint& point, const BigInt& factor) const;
    /// REQUIRES: the sum is not the point at infinity; throws std::invalid_argument otherwise.
    CurvePoint add(const CurvePoint& a, const CurvePoint& b) const;
    /// True when the generator lies on the curve and has the order given. For tests of the constants.
    bool consistent() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace baton::crypto
