#include "baton/crypto/prime_curve.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>

#include <stdexcept>

namespace baton::crypto {

namespace {

struct FreeNumber {
    void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
struct FreePoint {
    void operator()(EC_POINT* point) const { EC_POINT_clear_free(point); }
};
struct FreeGroup {
    void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
};
struct FreeContext {
    void operator()(BN_CTX* context) const { BN_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using Point = std::unique_ptr<EC_POINT, FreePoint>;
using Group = std::unique_ptr<EC_GROUP, FreeGroup>;
using Context = std::unique_ptr<BN_CTX, FreeContext>;

template <typename Pointer>
Pointer required(Pointer made) {
    if (!made) throw std::bad_alloc();
    return made;
}

void require(int result) {
    if (result != 1) throw std::invalid_argument("OpenSSL refuses a curve, a point or a scalar");
}

Number to_number(BytesView big_endian) {
    return required(Number(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr)));
}

Number to_number(const BigInt& value) {
    return to_number(to_big_endian(value));
}

BigInt to_big_int(const BIGNUM* number) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    return from_big_endian(bytes);
}

}  // namespace

struct PrimeCurve::Impl {
    Group group;

    Point point() const { return required(Point(EC_POINT_new(group.get()))); }

    Point point_of(const CurvePoint& affine, BN_CTX* context) const {
        Point made = point();
        const Number x = to_number(affine.x);
        const Number y = to_number(affine.y);
        require(EC_POINT_set_affine_coordinates(group.get(), made.get(), x.get(), y.get(), context));
        return made;
    }

    CurvePoint affine(const Point& of, BN_CTX* context) const {
        const Number x = required(Number(BN_new()));
        const Number y = required(Number(BN_new()));
        require(EC_POINT_get_affine_coordinates(group.get(), of.get(), x.get(), y.get(), context));
        return {to_big_int(x.get()), to_big_int(y.get())};
    }
};

PrimeCurve::PrimeCurve(const CurveParameters& parameters) : impl_(std::make_unique<Impl>()) {
    const Context context = required(Context(BN_CTX_new()));
    const Number p = to_number(parameters.p);
    const Number a = to_number(parameters.a);
    const Number b = to_number(parameters.b);
    impl_->group.reset(EC_GROUP_new_curve_GFp(p.get(), a.get(), b.get(), context.get()));
    require(impl_->group ? 1 : 0);
    const Point generator = impl_->point_of(parameters.generator, context.get());
    const Number order = to_number(parameters.order);
    const Number cofactor = to_number(BigInt(parameters.cofactor));
    require(EC_GROUP_set_generator(impl_->group.get(), generator.get(), order.get(), cofactor.get()));
}

PrimeCurve::~PrimeCurve() = default;

CurvePoint PrimeCurve::multiply(BytesView scalar) const {
    const Context context = required(Context(BN_CTX_secure_new()));
    const Number factor = to_number(scalar);
    BN_set_flags(factor.get(), BN_FLG_CONSTTIME);
    const Point product = impl_->point();
    require(EC_POINT_mul(impl_->group.get(), product.get(), factor.get(), nullptr, nullptr, context.get()));
    return impl_->affine(product, context.get());
}

CurvePoint PrimeCurve::multiply(const CurvePoint& point, const BigInt& factor) const {
    const Context context = required(Context(BN_CTX_new()));
    const Point base = impl_->point_of(point, context.get());
    const Number number = to_number(factor);
    const Point product = impl_->point();
    require(
        EC_POINT_mul(impl_->group.get(), product.get(), nullptr, base.get(), number.get(), context.get()));
    return impl_->affine(product, context.get());
}

CurvePoint PrimeCurve::add(const CurvePoint& a, const CurvePoint& b) const {
    const Context context = required(Context(BN_CTX_new()));
    const Point left = impl_->point_of(a, context.get());
    const Point right = impl_->point_of(b, context.get());
    const Point sum = impl_->point();
    require(EC_POINT_add(impl_->group.get(), sum.get(), left.get(), right.get(), context.get()));
    return impl_->affine(sum, context.get());
}

bool PrimeCurve::consistent() const {
    const Context context = required(Context(BN_CTX_new()));
    return EC_GROUP_check(impl_->group.get(), context.get()) == 1;
}

}  // namespace baton::crypto
