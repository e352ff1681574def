#include "baton/store/writer.hpp"

namespace baton::store {

async::Task<void> Writer::run(std::function<async::Task<void>(pg::FencedTransaction&)> body) const {
    return pg::FencedTransaction::run(*pool, fence, deadline(), std::move(body));
}

async::Task<std::vector<pg::Result>> Writer::run_batch(std::vector<pg::Statement> statements) const {
    return pg::FencedTransaction::run_batch(*pool, fence, std::move(statements), deadline());
}

}  // namespace baton::store
