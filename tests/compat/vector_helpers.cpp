#include "baton/codec/abi.hpp"
#include "baton/codec/cbor.hpp"
#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/pipeline/backoff.hpp"
#include "baton/pipeline/chain_choice.hpp"
#include "baton/pipeline/expression.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/resume_body.hpp"
#include "baton/pipeline/run_record.hpp"
#include "baton/pipeline/run_texts.hpp"
#include "baton/pipeline/stored_json.hpp"
#include "vector_groups.hpp"

#include <functional>
#include <map>
#include <stdexcept>

namespace baton::compat {

using codec::Value;

namespace {

Value error_value(std::string text) {
    return codec::ErrorValue{std::move(text)};
}

template <typename T>
Value outcome(const pipeline::Result<T>& result) {
    if (!result) return error_value(result.error().text);
    return Value(*result);
}

/// The value that `work` gives, or its error's text as an ErrorValue.
Value caught(const std::function<Value()>& work) {
    try {
        return work();
    } catch (const codec::AbiAbort& abort) {
        return error_value("goroutine panicked when executing run: " + std::string(abort.what()));
    } catch (const Error& error) {
        return error_value(error.what());
    }
}

void keypath(const VectorCase& vector, Checks& checks) {
    const pipeline::Keypath path(vector.param_or("keypath", ""));
    if (path.fault()) return checks.error(path.fault()->text);
    checks.value(Value::list(codec::List(path.segments().begin(), path.segments().end())));
}

void vars_get(const VectorCase& vector, Checks& checks) {
    const codec::Map vars = vector.vars();
    const auto found = pipeline::Keypath(vector.param_or("keypath", "")).find(vars);
    // A stored error is a value here.
    if (!found) return checks.error(found.error().text);
    checks.value(**found);
}

void vars_set(const VectorCase& vector, Checks& checks) {
    const auto refused = pipeline::check_variable_name(vector.param_or("key", ""));
    checks.outcome(refused ? error_value(refused->text) : Value());
}

/// The value that a task with one attribute finds through the getter.
Value through_getter(const VectorCase& vector, VectorWorld& world, std::string_view param,
                     pipeline::Getter getter) {
    pipeline::Task task;
    task.attributes.emplace_back("p", vector.param_or(param, ""), true);
    const codec::Map vars = vector.vars();
    StubEnvironment environment(vector, world.http);
    const pipeline::RunContext run{environment, Metrics::none(), Random::system(), Logger(), "", std::nullopt,
                                   false};
    const pipeline::TaskContext context{task, run, vars, {}, Uuid(), async::Deadline()};
    pipeline::Params params(context);
    const Value* found = params.find({"p", {getter}});
    if (found != nullptr) return *found;
    return error_value(params.failure_text().text.substr(std::string_view("p: ").size()));
}

void check_inputs(const VectorCase& vector, Checks& checks) {
    const auto number = [&](std::string_view name) { return std::stoi(vector.param_or(name, "0")); };
    const std::vector<Value> inputs = vector.inputs();
    std::vector<const Value*> pointers;
    codec::List good;
    for (const Value& input : inputs) {
        pointers.push_back(&input);
        if (input.error_or_null() == nullptr) good.push_back(input);
    }
    const auto refused = pipeline::check_inputs(pointers, number("min"), number("max"), number("maxErrors"));
    if (!refused) return checks.value(Value::list(std::move(good)));
    checks.error(std::string_view(refused->text).substr(std::string_view("task inputs: ").size()));
}

void abi_arguments(const codec::AbiArguments& arguments, Checks& checks) {
    codec::List list;
    std::int64_t indexed = 0;
    for (const codec::AbiArgument& argument : arguments) {
        list.push_back(Value::map(
            {{"indexed", argument.indexed}, {"name", argument.name}, {"type", argument.type.canonical}}));
        indexed += argument.indexed ? 1 : 0;
    }
    checks.member("args", codec::write_json(Value::list(std::move(list))));
    checks.member("indexed_count", std::to_string(indexed));
}

void abi_parse(const VectorCase& vector, Checks& checks) {
    const bool is_log = vector.param("isLog") == "true";
    const std::string text = vector.param_or("abi", "");
    try {
        if (vector.task == "abi.parseargs") {
            abi_arguments(codec::parse_abi_arguments(text, is_log), checks);
        } else {
            const auto signature = codec::parse_abi_signature(text, is_log);
            abi_arguments(signature.arguments, checks);
            checks.member("name", signature.name);
        }
        if (checks.vector().expect("error_contains") != nullptr) checks.fail("no error");
    } catch (const codec::AbiError& error) {
        checks.error(error.what());
    }
}

void decimal_members(const std::variant<Decimal, Decimal::ParseError>& parsed, Checks& checks) {
    if (const auto* error = std::get_if<Decimal::ParseError>(&parsed)) return checks.error(error->text);
    const Decimal& decimal = std::get<Decimal>(parsed);
    if (checks.vector().expect("error_contains") != nullptr)
        checks.fail("no error, got " + decimal.to_string());
    checks.member("coefficient", to_decimal(decimal.coefficient()));
    checks.member("exponent", std::to_string(decimal.exponent()));
    checks.member("string", decimal.to_string());
}

void decimal_op(const VectorCase& vector, Checks& checks) {
    const auto number = [&](std::string_view name) {
        return std::get<Decimal>(Decimal::parse(vector.param_or(name, "0")));
    };
    const std::string op = vector.param_or("op", "");
    const Decimal a = number("a");
    const Decimal b = number("b");
    try {
        if (op == "add") return checks.member("string", (a + b).to_string());
        if (op == "sub") return checks.member("string", (a - b).to_string());
        if (op == "mul") return checks.member("string", (a * b).to_string());
        if (op == "div") return checks.member("string", a.divide(b, 16).to_string());
        if (op == "divround") {
            const int precision = std::stoi(vector.param_or("precision", "0"));
            return checks.member("string", a.divide(b, precision).to_string());
        }
        if (op == "lessthan") return checks.member("bool", a.compare(b) < 0 ? "true" : "false");
        if (op == "bigint") return checks.member("string", to_decimal(a.truncate()));
        checks.fail("unknown operation " + op);
    } catch (const std::overflow_error& error) {
        checks.error(error.what());
    }
}

void duration_parse(const VectorCase& vector, Checks& checks) {
    try {
        const auto duration = parse_go_duration(vector.param_or("s", ""));
        checks.member("nanoseconds", std::to_string(duration.count()));
        checks.member("string", to_go_duration(duration));
        if (vector.expect("error_contains") != nullptr) checks.fail("no error");
    } catch (const InvalidInput& error) {
        checks.error(error.what());
    }
}

void backoff(const VectorCase& vector, Checks& checks) {
    const auto min = parse_go_duration(vector.param_or("min", "0"));
    const auto max = parse_go_duration(vector.param_or("max", "0"));
    const auto attempts = static_cast<std::uint32_t>(std::stoul(vector.param_or("attempts", "0")));
    codec::List delays;
    for (std::uint32_t k = 1; k <= attempts; ++k)
        delays.emplace_back(to_go_duration(pipeline::retry_delay(min, max, k)));
    checks.member("delays", codec::write_json(Value::list(std::move(delays))));
}

void gas_limit(const VectorCase& vector, Checks& checks, VectorWorld& world) {
    VectorCase with_chain = vector;
    Value env = *codec::member(vector.json, "env");
    codec::Map members = *env.map_or_null();
    members.emplace("defaultChain", "0");
    codec::Map json = *vector.json.map_or_null();
    json.insert_or_assign("env", Value::map(std::move(members)));
    with_chain.json = Value::map(std::move(json));
    const StubEnvironment environment(with_chain, world.http);
    const auto chain = environment.chain(0, vector.param_or("jobType", ""));
    checks.member("value", std::to_string(pipeline::choose_gas_limit(*chain, std::nullopt)));
}

void resume(const VectorCase& vector, Checks& checks) {
    try {
        const auto body = pipeline::parse_resume_body(vector.param_or("body", ""));
        if (body.value) return checks.value(*body.value);
        if (vector.expect("result_error") == nullptr) return checks.error(*body.error);
        checks.member("result_error", *body.error);
    } catch (const InvalidInput& error) {
        checks.error(error.what());
    }
}

using Texts = std::vector<std::optional<std::string>>;

Texts texts_of(const Value* list) {
    Texts texts;
    if (list == nullptr) return texts;
    for (const Value& item : *list->list_or_null()) {
        texts.push_back(item.is_null() ? std::nullopt : std::optional(*item.text_or_null()));
    }
    return texts;
}

void run_status(const VectorCase& vector, Checks& checks) {
    const Texts errors = texts_of(codec::at(vector.json, {"run", "fatal_errors"}));
    const bool finished = codec::bool_or(*codec::member(vector.json, "run"), "finished", false);
    checks.member("value", model::to_string(pipeline::run_state(errors, finished)));
}

void string_output(const VectorCase& vector, Checks& checks) {
    const auto text = pipeline::output_text(vector.first_input());
    if (!text) return checks.error(text.error().text);
    checks.value(*text ? Value(**text) : Value());
}

void json_write(const VectorCase& vector, Checks& checks) {
    const auto json = pipeline::stored_json(vector.first_input());
    // U+0000 is written as such; only what goes to the database has it replaced.
    if (json && json->find("\\ufffd") != std::string::npos) {
        return checks.member("json", codec::write_json(vector.first_input()));
    }
    if (!json) return checks.error(json.error().text);
    checks.member("json", *json);
}

void vrf_prove(const VectorCase& vector, Checks& checks) {
    const auto key = vrf_scalar(vector.param_or("secret", "0"));
    const auto nonce = vrf_scalar(vector.param_or("nonce", "0"));
    const BigInt seed = parse_decimal_integer(vector.param_or("seed", "0")).value_or(0);
    const auto proof = crypto::prove_vrf(key.value(), hash_from(to_big_endian(seed, 32)), nonce.value());
    const auto number = [](const Hash& hash) { return to_decimal(from_big_endian(hash.view())); };
    checks.member("gamma", to_0x(crypto::vrf_key_id(proof.value().gamma).view()));
    checks.member("c", number(proof->c));
    checks.member("s", number(proof->s));
    checks.member("output", number(proof->output));
}

void vrf_key(const VectorCase& vector, Checks& checks) {
    const auto key = vrf_scalar(vector.param_or("secret", "0")).value().public_key();
    checks.member("compressed", to_0x(crypto::vrf_key_id(key).view()));
    checks.member("uncompressed", to_0x(key.view()));
    checks.member("hash", to_0x(crypto::vrf_key_hash(key).view()));
    checks.member("address", crypto::to_checksum(crypto::address_of(key)));
}

using Work = std::function<void(const VectorCase&, Checks&, VectorWorld&)>;

Work plain(void (*work)(const VectorCase&, Checks&)) {
    return [work](const VectorCase& vector, Checks& checks, VectorWorld&) { work(vector, checks); };
}

Work giving(Value (*work)(const VectorCase&)) {
    return [work](const VectorCase& vector, Checks& checks, VectorWorld&) {
        checks.outcome(caught([&] { return work(vector); }));
    };
}

Bytes hex_param(const VectorCase& vector) {
    return from_0x(vector.param_or("hex", "0x")).value_or(Bytes());
}

const std::map<std::string, Work, std::less<>>& helpers() {
    static const std::map<std::string, Work, std::less<>> all{
        {"keypath", plain(keypath)},
        {"vars.get", plain(vars_get)},
        {"vars.set", plain(vars_set)},
        {"getter.varexpr",
         [](const VectorCase& v, Checks& c, VectorWorld& w) {
             c.outcome(through_getter(v, w, "expr", pipeline::Getter::var));
         }},
        {"getter.jsonwithvarexprs",
         [](const VectorCase& v, Checks& c, VectorWorld& w) {
             const bool errors = v.param("allowErrors") == "true";
             const auto getter = errors ? pipeline::Getter::json_with_errors : pipeline::Getter::json;
             c.outcome(through_getter(v, w, "expr", getter));
         }},
        {"getter.nonemptystring",
         [](const VectorCase& v, Checks& c, VectorWorld& w) {
             c.outcome(through_getter(v, w, "s", pipeline::Getter::text));
         }},
        {"getter.durationseconds", giving([](const VectorCase& v) {
             return outcome(pipeline::parse_whole_seconds(v.param_or("s", "")));
         })},
        {"checkinputs", plain(check_inputs)},
        {"cbor.diet", giving([](const VectorCase& v) { return codec::read_cbor_diet(hex_param(v)); })},
        {"cbor.standard",
         giving([](const VectorCase& v) { return codec::read_cbor_standard(hex_param(v)); })},
        {"abi.parseargs", plain(abi_parse)},
        {"abi.parsesignature", plain(abi_parse)},
        {"abi.convert", giving([](const VectorCase& v) {
             return codec::abi_convert(v.first_input(), codec::parse_abi_type(v.param_or("type", "")));
         })},
        {"json.write", plain(json_write)},
        {"json.read", giving([](const VectorCase& v) { return codec::read_json(v.param_or("text", "")); })},
        {"decimal.parse", plain([](const VectorCase& v, Checks& c) {
             decimal_members(Decimal::parse(v.param_or("s", "")), c);
         })},
        {"decimal.fromfloat", plain([](const VectorCase& v, Checks& c) {
             decimal_members(Decimal::from_float(std::strtod(v.param_or("f", "").c_str(), nullptr)), c);
         })},
        {"decimal.fromfloat32", plain([](const VectorCase& v, Checks& c) {
             decimal_members(Decimal::from_float32(std::strtof(v.param_or("f", "").c_str(), nullptr)), c);
         })},
        {"decimal.op", plain(decimal_op)},
        {"duration.parse", plain(duration_parse)},
        {"backoff", plain(backoff)},
        {"chain.gaslimit", gas_limit},
        {"resume", plain(resume)},
        {"hex.tryparse",
         giving([](const VectorCase& v) { return outcome(pipeline::try_parse_hex(v.param_or("s", ""))); })},
        {"run.stringoutput", plain(string_output)},
        {"vrf.prove", plain(vrf_prove)},
        {"vrf.key", plain(vrf_key)},
        {"run.status", plain(run_status)},
        {"run.errors", plain([](const VectorCase& v, Checks& c) {
             c.member("value", pipeline::combined_error_text(texts_of(codec::at(v.json, {"run", "errors"}))));
         })},
    };
    return all;
}

}  // namespace

bool run_helper_case(const VectorCase& vector, Checks& checks, VectorWorld& world) {
    const auto helper = helpers().find(vector.task);
    if (helper == helpers().end()) return false;
    helper->second(vector, checks, world);
    return true;
}

}  // namespace baton::compat
