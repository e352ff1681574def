#include "baton/async/loop.hpp"
#include "baton/codec/vector_value.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/pipeline/graph.hpp"
#include "baton/pipeline/task_testing.hpp"
#include "testing/metrics.hpp"
#include "testing/random.hpp"

#include <stdexcept>

namespace baton::pipeline::testing {

namespace {

/// For tasks that need nothing from outside.
class NoEnvironment : public Environment {
  public:
    std::optional<BigInt> default_chain() const override { return std::nullopt; }
    std::optional<Chain> chain(const BigInt&, const std::string&) const override { return std::nullopt; }
    Address next_key(const BigInt&, const std::vector<Address>&) override {
        throw std::logic_error("a key was asked for");
    }
    net::HttpClient& http() override { throw std::logic_error("a server was asked for"); }
    HttpLimits http_limits() const override { return {}; }
    std::chrono::nanoseconds max_run_duration() const override { return {}; }
};

std::string show_all(const codec::List& items) {
    std::string text;
    for (const Value& item : items)
        text += (text.empty() ? "" : ", ") + show(item);
    return "[" + text + "]";
}

template <typename Start>
std::string attempt(const std::string& task, const Inputs& inputs, const codec::Map& vars,
                    Environment& environment, Start start) {
    const Graph graph("t [type=" + task + "]");
    const Task& decoded = graph.tasks().at(0);
    test::CountingMetrics metrics;
    static test::SeededRandom random;
    const RunContext run_context{environment, metrics, random, Logger(), "webhook"};
    std::vector<const Value*> pointers;
    for (const Value& input : inputs)
        pointers.push_back(&input);
    const TaskContext context{decoded, run_context, vars, pointers, Uuid(), async::Deadline()};
    try {
        const TaskResult result = start(*decoded.type, context);
        return result.pending ? "pending" : show(result.value);
    } catch (const TaskAbort& abort) {
        return std::string("panic: ") + abort.what();
    }
}

template <typename Members>
std::string show_members(const Members& members) {
    std::string text;
    for (const auto& [name, member] : members)
        text += (text.empty() ? "" : ", ") + name + ": " + show(member);
    return text;
}

}  // namespace

std::string run(const std::string& task, Inputs inputs, codec::Map vars) {
    NoEnvironment environment;
    return attempt(task, inputs, vars, environment, [&](const TaskType& type, const TaskContext& context) {
        if (type.run == nullptr) throw std::logic_error(task + " needs run_in()");
        return type.run(context);
    });
}

std::string run_in(async::Loop& loop, Environment& environment, const std::string& task, Inputs inputs,
                   codec::Map vars) {
    return attempt(task, inputs, vars, environment, [&](const TaskType& type, const TaskContext& context) {
        if (type.run != nullptr) return type.run(context);
        return loop.run_until_done(type.run_async(context));
    });
}

std::string show(const Value& value) {
    if (const ErrorValue* error = value.error_or_null()) return "error: " + error->text;
    if (const std::string* text = value.text_or_null()) return "string " + *text;
    if (const codec::List* list = value.list_or_null()) return show_all(*list);
    if (const codec::Map* map = value.map_or_null()) return "{" + show_members(*map) + "}";
    if (const auto* typed = value.typed_list_or_null()) return typed->element + show_all(typed->items);
    if (const auto* tuple = value.tuple_or_null()) return "(" + show_members(tuple->members) + ")";
    if (const auto* memo = value.memo_or_null()) return "object " + show(memo->inner);
    return codec::describe(value);
}

void expect_at_most_one_input(const std::string& task) {
    EXPECT_EQ(run(task, {"1", "2"}),
              "error: task inputs: min: 0 max: 1 (got 2): wrong number of task inputs");
    EXPECT_EQ(run(task, {ErrorValue{"boom"}}), "error: task inputs: too many errors");
}

void expect_any_number_of_inputs(const std::string& task, codec::Map vars) {
    EXPECT_EQ(run(task, {"1", "2", "3"}, vars).find("error: "), std::string::npos);
    EXPECT_EQ(run(task, {"1", ErrorValue{"boom"}, "3"}, vars), "error: task inputs: too many errors");
}

Decimal decimal(const std::string& text) {
    return std::get<Decimal>(Decimal::parse(text));
}

// What every task has in common.

TEST(Task, AParameterIsAVariableOrAsWrittenOrElseTheInput) {
    const codec::Map vars{{"x", "VAR"}, {"m", Value::map({{"list", Value::list({"A", "B"})}})}};
    EXPECT_EQ(run(R"g(lowercase input="$(x)")g", {"INPUT"}, vars), "string var");
    EXPECT_EQ(run(R"g(lowercase input="$( m.list.1 )")g", {"INPUT"}, vars), "string b");
    EXPECT_EQ(run(R"(lowercase input="  TEXT ")", {"INPUT"}, vars), "string text");
    EXPECT_EQ(run(R"g(lowercase input="$(x) and $(x)")g", {"INPUT"}, vars), "string $(x) and $(x)");
    EXPECT_EQ(run(R"(lowercase input=" ")", {"INPUT"}, vars), "string input");
    EXPECT_EQ(run("lowercase", {"INPUT"}, vars), "string input");
    EXPECT_EQ(run("lowercase", {}, vars), "error: input: index out of range");
}

TEST(Task, AVariableThatIsMissingOrFailedEndsTheSearch) {
    const codec::Map vars{{"bad", ErrorValue{"boom"}}};
    EXPECT_EQ(run(R"g(lowercase input="$(x)")g", {"INPUT"}, vars),
              "error: input: key x (segment 0 in keypath x): keypath not found");
    EXPECT_EQ(run(R"g(lowercase input="$(bad)")g", {"INPUT"}, vars),
              "error: input: VarExpr: boom: too many errors");
}

TEST(Task, AllParametersThatFailAreNamed) {
    EXPECT_EQ(run("divide"), "error: input: index out of range; divisor: parameter is empty");
    EXPECT_EQ(run("multiply input=a times=b"),
              "error: input: can't convert a to decimal: bad input for task; "
              "times: can't convert b to decimal: bad input for task");
}

}  // namespace baton::pipeline::testing
