#include "baton/pipeline/graph.hpp"

#include "baton/base/clock.hpp"
#include "baton/codec/go_value.hpp"
#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/go_text.hpp"

#include <algorithm>
#include <set>

namespace baton::pipeline {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// Names of v1.11.0's fields, which an attribute may match exactly: "Input", "URL".
std::string field_name(std::string_view attribute) {
    if (attribute == "abi") return "ABI";
    if (attribute == "url") return "URL";
    if (attribute == "evmChainID") return "evmChainID";
    std::string name(attribute);
    if (name.front() >= 'a') name.front() = static_cast<char>(name.front() - 'a' + 'A');
    return name;
}

const std::string* find_attribute(const codec::DotNode& node, std::string_view exact) {
    if (const std::string* value = node.attribute(exact)) return value;
    const std::string wanted = lower(exact);
    for (const auto& [key, value] : node.attributes) {
        if (lower(key) == wanted) return &value;
    }
    return nullptr;
}

/// Decodes one node; the errors of all its attributes are reported together.
class Decoder {
  public:
    Decoder(const codec::DotNode& node, std::size_t id) : node_(node) {
        task_.id = id;
        task_.dot_id = node.dot_id;
    }

    Task decode() {
        read_type();
        read_base();
        read_attributes();
        if (!errors_.empty()) throw InvalidInput(error_text());
        for (const auto& input : node_.inputs)
            task_.inputs.push_back({input.from, input.propagate});
        task_.outputs = node_.outputs;
        if (task_.type->prepare != nullptr) task_.prepared = task_.type->prepare(task_);
        return std::move(task_);
    }

  private:
    void read_type() {
        const std::string* written = node_.attribute("type");
        const std::string name = written == nullptr ? std::string() : lower(*written);
        task_.type = find_task_type(name);
        if (task_.type == nullptr) {
            throw InvalidInput("UnmarshalTaskFromMap: unknown task type: " + codec::go_quote(name));
        }
    }

    void read_base() {
        if (const std::string* text = find_attribute(node_, "index"); text != nullptr && !text->empty()) {
            const auto index = parse_int_literal(*text, 32);
            if (index) task_.index = static_cast<std::int32_t>(*index);
            if (!index) errors_.push_back("cannot parse 'index' as int: " + index.error().text);
        }
        if (const auto flag = read_flag("failEarly")) task_.fail_early = *flag;
        if (const std::string* text = find_attribute(node_, "retries")) {
            const auto retries = parse_uint(*text, 32);
            if (retries) task_.retries = static_cast<std::uint32_t>(*retries);
            if (!retries) errors_.push_back("error decoding 'retries': " + retries.error().text);
        }
        task_.timeout = read_duration("timeout");
        const auto min = read_duration("minBackoff");
        const auto max = read_duration("maxBackoff");
        // maxBackoff counts only beside minBackoff, and is 0 when it is missing there (section 10).
        if (min && min->count() > 0) {
            task_.min_backoff = *min;
            task_.max_backoff = max.value_or(std::chrono::nanoseconds(0));
        }
    }

    void read_attributes() {
        for (const auto& known : task_.type->attributes) {
            const std::string* text = find_attribute(node_, field_name(known.name));
            if (text == nullptr) continue;
            if (known.name == "extractRevertReason") read_flag("ExtractRevertReason");
            task_.attributes.emplace_back(known.name, *text, known.json);
        }
    }

    std::optional<bool> read_flag(std::string_view name) {
        const std::string* text = find_attribute(node_, name);
        if (text == nullptr || text->empty()) return std::nullopt;
        const auto flag = parse_bool(*text);
        if (flag) return *flag;
        errors_.push_back("cannot parse '" + std::string(name) + "' as bool: " + flag.error().text);
        return std::nullopt;
    }

    std::optional<std::chrono::nanoseconds> read_duration(std::string_view name) {
        const std::string* text = find_attribute(node_, name);
        if (text == nullptr) return std::nullopt;
        try {
            return parse_go_duration(*text);
        } catch (const InvalidInput& error) {
            errors_.push_back("error decoding '" + std::string(name) + "': " + error.what());
            return std::nullopt;
        }
    }

    std::string error_text() {
        std::ranges::sort(errors_);
        std::string text =
            "UnmarshalTaskFromMap: " + std::to_string(errors_.size()) + " error(s) decoding:\n";
        for (const std::string& error : errors_)
            text += "\n* " + error;
        return text;
    }

    const codec::DotNode& node_;
    Task task_;
    std::vector<std::string> errors_;
};

bool needs_stored_row(const Task& task) {
    return task.type->name == "ethtx" || is_async_bridge(task);
}

std::optional<std::string> find_fault(const std::vector<Task>& tasks) {
    if (tasks.empty()) return "Expected at least one task to be final";
    std::set<std::string_view> names;
    for (const Task& task : tasks) {
        if (const auto refused = check_variable_name(task.dot_id)) {
            return "task name " + codec::go_quote(task.dot_id) + " cannot be used: " + refused->text;
        }
        if (!names.insert(task.dot_id).second)
            return "task name " + codec::go_quote(task.dot_id) + " is used twice";
    }
    return std::nullopt;
}

}  // namespace

bool is_async_bridge(const Task& task) {
    if (task.type->name != "bridge") return false;
    const Attribute* async = task.attribute("async");
    return async != nullptr && async->text == "true";
}

const Attribute* Task::attribute(std::string_view name) const {
    const auto found = std::ranges::find(attributes, name, &Attribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

Task decode_task(const codec::DotNode& node, std::size_t id) {
    return Decoder(node, id).decode();
}

Graph::Graph(std::string_view text) {
    const codec::DotGraph parsed = codec::parse_dot(text);
    tasks_.reserve(parsed.nodes.size());
    for (const codec::DotNode& node : parsed.nodes)
        tasks_.push_back(decode_task(node, tasks_.size()));
    requires_pre_insert_ = std::ranges::any_of(tasks_, needs_stored_row);
    fault_ = find_fault(tasks_);
}

const Task* Graph::find(std::string_view dot_id) const {
    const auto found = std::ranges::find(tasks_, dot_id, &Task::dot_id);
    return found == tasks_.end() ? nullptr : &*found;
}

std::shared_ptr<const Graph> parse_graph(std::string_view text) {
    return std::make_shared<const Graph>(text);
}

std::vector<std::string> task_names(const Graph& graph) {
    std::vector<std::string> names;
    for (const Task& task : graph.tasks())
        names.push_back(task.dot_id + " " + std::string(task.type->name));
    return names;
}

bool requires_pre_insert(const Graph& graph) {
    return graph.requires_pre_insert();
}

std::vector<std::string> bridge_names(const Graph& graph) {
    std::vector<std::string> names;
    for (const Task& task : graph.tasks()) {
        if (task.type->name != "bridge") continue;
        const Attribute* name = task.attribute("name");
        names.push_back(name == nullptr ? std::string() : name->text);
    }
    return names;
}

bool is_supported(std::string_view type) {
    const TaskType* known = find_task_type(lower(type));
    return known != nullptr && known->supported();
}

void check_runnable(const Graph& graph) {
    if (graph.fault()) throw InvalidInput(*graph.fault());
    for (const Task& task : graph.tasks()) {
        if (!task.type->supported()) throw InvalidInput(unsupported_text(task.type->name));
    }
}

std::string unsupported_text(std::string_view type) {
    return "task type " + codec::go_quote(type) + " is not supported by this version of Baton";
}

}  // namespace baton::pipeline
