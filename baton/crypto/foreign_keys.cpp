#include "baton/crypto/foreign_keys.hpp"

#include "baton/base/secret.hpp"
#include "baton/crypto/bech32.hpp"
#include "baton/crypto/sha.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace baton::crypto {

namespace {

BigInt stark_prime() {
    return (BigInt(1) << 251) + 17 * (BigInt(1) << 192) + 1;
}

BigInt prime_25519() {
    return (BigInt(1) << 255) - 19;
}

BigInt modulo(const BigInt& value, const BigInt& p) {
    const BigInt rest = value % p;
    return rest < 0 ? BigInt(rest + p) : rest;
}

BigInt power(const BigInt& base, const BigInt& exponent, const BigInt& p) {
    return BigInt(boost::multiprecision::powm(base, exponent, p));
}

BigInt inverse(const BigInt& value, const BigInt& p) {
    return power(modulo(value, p), p - 2, p);
}

FixedBytes<32> to_32(const BigInt& value) {
    FixedBytes<32> out;
    std::ranges::copy(to_big_endian(value, 32), out.bytes.begin());
    return out;
}

// A of the Montgomery form v^2 = u^3 + A u^2 + u.
const BigInt montgomery_a = 486662;

/// Base point of RFC 8032 section 5.1: y = 4/5, x even.
CurvePoint edwards_base() {
    return {BigInt("0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
            BigInt("0x6666666666666666666666666666666666666666666666666666666666666658")};
}

/// Square root of -(A + 2), one of the two; the other one mirrors both maps below, so that they still fit
/// together.
BigInt edwards_scale() {
    const BigInt p = prime_25519();
    const BigInt square = modulo(-(montgomery_a + 2), p);
    // RFC 8032 section 5.1.3, p = 5 (mod 8).
    BigInt root = power(square, (p + 3) / 8, p);
    if (modulo(root * root - square, p) != 0) {
        root = modulo(root * power(2, (p - 1) / 4, p), p);
    }
    return root;
}

CurvePoint weierstrass_of_edwards(const CurvePoint& edwards) {
    const BigInt p = prime_25519();
    const BigInt u = modulo((1 + edwards.y) * inverse(1 - edwards.y, p), p);
    const BigInt v = modulo(edwards_scale() * u * inverse(edwards.x, p), p);
    return {modulo(u + montgomery_a * inverse(3, p), p), v};
}

CurvePoint edwards_of_weierstrass(const CurvePoint& point) {
    const BigInt p = prime_25519();
    const BigInt u = modulo(point.x - montgomery_a * inverse(3, p), p);
    return {modulo(edwards_scale() * u * inverse(point.y, p), p), modulo((u - 1) * inverse(u + 1, p), p)};
}

CurveParameters wei25519_parameters() {
    const BigInt p = prime_25519();
    const BigInt& a = montgomery_a;
    CurveParameters curve;
    curve.p = p;
    curve.a = modulo((3 - a * a) * inverse(3, p), p);
    curve.b = modulo((2 * a * a * a - 9 * a) * inverse(27, p), p);
    curve.generator = weierstrass_of_edwards(edwards_base());
    curve.order = (BigInt(1) << 252) + BigInt("27742317777372353535851937790883648493");
    curve.cofactor = 8;
    return curve;
}

/// Constant points of the Pedersen hash: the shift, then two per input for its low 248 and its high 4 bits.
const std::vector<CurvePoint>& pedersen_points() {
    static const std::vector<CurvePoint> points = {
        {BigInt("0x49ee3eba8c1600700ee1b87eb599f16716b0b1022947733551fde4050ca6804"),
         BigInt("0x3ca0cfe4b3bc6ddf346d49d06ea0ed34e621062c0e056c1d0405d266e10268a")},
        {BigInt("0x234287dcbaffe7f969c748655fca9e58fa8120b6d56eb0c1080d17957ebe47b"),
         BigInt("0x3b056f100f96fb21e889527d41f4e39940135dd7a6c94cc6ed0268ee89e5615")},
        {BigInt("0x4fa56f376c83db33f9dab2656558f3399099ec1de5e3018b7a6932dba8aa378"),
         BigInt("0x3fa0984c931c9e38113e0c0e47e4401562761f92a7a23b45168f4e80ff5b54d")},
        {BigInt("0x4ba4cc166be8dec764910f75b45f74b40c690c74709e90f3aa372f0bd2d6997"),
         BigInt("0x40301cf5c1751f4b971e46c4ede85fcac5c59a5ce5ae7c48151f27b24b219c")},
        {BigInt("0x54302dcb0e6cc1c6e44cca8f61a63bb2ca65048d53fb325d36ff12c49a58202"),
         BigInt("0x1b77b3e37d13504b348046268d8ae25ce98ad783c25561a879dcc77e99c2426")}};
    return points;
}

/// h(...h(h(0, v1), v2)..., count)
BigInt pedersen_of_list(const std::vector<BigInt>& values) {
    BigInt digest = 0;
    for (const auto& value : values)
        digest = pedersen(digest, value);
    return pedersen(digest, BigInt(values.size()));
}

}  // namespace

const PrimeCurve& stark_curve() {
    static const PrimeCurve curve(
        {stark_prime(),
         1,
         BigInt("3141592653589793238462643383279502884197169399375105820974944592307816406665"),
         {BigInt("874739451078007766457464989774322083649278607533249481151382481072868806602"),
          BigInt("152666792071518830868575557812948353041420400780739481342941381225525861407")},
         BigInt("3618502788666131213697322783095070105526743751716087489154079457884512865583")});
    return curve;
}

const PrimeCurve& bn254() {
    static const PrimeCurve curve(
        {BigInt("21888242871839275222246405745257275088696311157297823662689037894645226208583"),
         0,
         3,
         {1, 2},
         BigInt("21888242871839275222246405745257275088548364400416034343698204186575808495617")});
    return curve;
}

const PrimeCurve& wei25519() {
    static const PrimeCurve curve(wei25519_parameters());
    return curve;
}

FixedBytes<32> stark_key(BytesView scalar) {
    return to_32(stark_curve().multiply(scalar).x);
}

BigInt pedersen(const BigInt& a, const BigInt& b) {
    const auto& points = pedersen_points();
    const PrimeCurve& curve = stark_curve();
    const BigInt low_mask = (BigInt(1) << 248) - 1;
    CurvePoint sum = points[0];
    const std::vector<BigInt> factors = {a & low_mask, a >> 248, b & low_mask, b >> 248};
    for (std::size_t i = 0; i < factors.size(); ++i) {
        if (factors[i] != 0) sum = curve.add(sum, curve.multiply(points[i + 1], factors[i]));
    }
    return sum.x;
}

FixedBytes<32> starknet_account(const FixedBytes<32>& stark_key) {
    const BigInt prefix = from_big_endian(as_bytes("STARKNET_CONTRACT_ADDRESS"));
    const BigInt deployer = 0;
    const BigInt salt = 100;
    const BigInt class_hash("0x726edb35cc732c1b3661fd837592033bd85ae8dde31533c35711fb0422d8993");
    const BigInt arguments = pedersen_of_list({from_big_endian(stark_key.view())});
    return to_32(pedersen_of_list({prefix, deployer, salt, class_hash, arguments}));
}

FixedBytes<32> dkg_sign_public_key(BytesView little_endian_scalar) {
    Bytes scalar(little_endian_scalar.rbegin(), little_endian_scalar.rend());
    const CurvePoint point = edwards_of_weierstrass(wei25519().multiply(scalar));
    wipe(scalar);
    FixedBytes<32> out = to_32(point.y);
    std::ranges::reverse(out.bytes);
    if (point.x % 2 != 0) out.bytes[31] |= 0x80;
    return out;
}

FixedBytes<32> dkg_encrypt_public_key(BytesView scalar) {
    const CurvePoint point = bn254().multiply(scalar);
    FixedBytes<32> out = to_32(point.x);
    if (point.y % 2 != 0) out.bytes[0] |= 0x80;
    return out;
}

std::string terra_address(const FixedBytes<33>& public_key) {
    const Hash inner = sha256(public_key.view());
    FixedBytes<20> account;
    if (EVP_Digest(inner.bytes.data(), inner.size(), account.bytes.data(), nullptr, EVP_ripemd160(),
                   nullptr) != 1) {
        throw std::runtime_error("OpenSSL refuses to compute RIPEMD-160");
    }
    return to_bech32("terra", account.view());
}

}  // namespace baton::crypto
