#include "baton/base/base64.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

TaskResult run_base64encode(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, 0, 1)) return TaskResult::failed(std::move(*refused));
    Params params(context);
    const Params::Spec spec{"input", {Getter::var, Getter::text, Getter::input0}};
    const codec::Value* const input = params.find(spec);
    if (input == nullptr) return params.result();
    // A text is encoded as it stands, also when it looks like hex.
    if (const auto text = to_text(*input)) return TaskResult::success(to_base64(as_bytes(*text)));
    const auto bytes = to_bytes_param(*input);
    if (!bytes) {
        params.note(spec, bytes.error());
        return params.result();
    }
    return TaskResult::success(to_base64(bytes->view()));
}

}  // namespace baton::pipeline
