#include "baton/eth/send_error.hpp"

#include <regex>
#include <string>
#include <vector>

namespace baton::eth {

namespace {

/// Far longer than any of the texts.
constexpr std::size_t most_looked_at = 2000;

struct Rule {
    SendOutcome outcome;
    std::regex pattern;
};

/// "(: |^)": at the start, or right after a colon and a space.
constexpr const char* after_colon = "(: |^)";

std::regex text(const std::string& pattern) {
    return std::regex(pattern);
}
std::regex tail(const std::string& pattern) {
    return std::regex(after_colon + pattern);
}
std::regex any_case(const std::string& pattern) {
    return std::regex(after_colon + pattern, std::regex::ECMAScript | std::regex::icase);
}

/// In the order of the broadcaster's tests (reference/evm.md sections 3.5, 6.5): what counts as accepted
/// comes first, then what is fatal, then the rest. Families: geth, erigon, klaytn, arbitrum, avalanche,
/// parity, besu, nethermind, harmony, substrate.
const std::vector<Rule>& rules() {
    using enum SendOutcome;
    static const std::vector<Rule> all{
        {accepted, any_case("(known transaction|already known)")},
        {accepted, tail("(block already known|already known)")},
        {accepted, text("^Known transaction")},
        {accepted, text("Transaction with the same hash was already imported.")},
        {accepted, tail("(AlreadyKnown|OwnNonceAlreadyUsed)$")},
        {accepted, tail("Pool\\(AlreadyImported\\)$")},
        {accepted, text("^transaction already imported$")},  // anvil
        {fatal, tail("(exceeds block gas limit|invalid sender|negative value|oversized data|gas uint64 "
                     "overflow|intrinsic "
                     "gas too low)(:|$)")},
        {fatal, tail("(invalid message format|forbidden sender address)$")},
        {fatal, tail("execution reverted(:|$)")},
        {fatal, text("^(Intrinsic gas exceeds gas limit|Transaction gas limit exceeds block gas "
                     "limit|Invalid signature)$")},
        {fatal, text("^Transaction gas is too low. There is not enough gas to cover minimal cost of the "
                     "transaction")},
        {fatal, text("^Transaction cost exceeds current gas limit. Limit:")},
        {fatal, text("^Invalid signature|^Invalid RLP data")},
        {fatal, text("(Recipient is|Sender is|Code is) banned in local queue")},
        {fatal, text("Supplied gas is beyond limit|Transaction is not permitted")},
        {fatal, text("Transaction is too big, see chain specification for the limit")},
        {fatal, tail("(SenderIsContract|Invalid|Int256Overflow|FailedToResolveSender|GasLimitExceeded)$")},
        {fatal, tail("(invalid shard|staking message does not match directive message|`from` address of "
                     "transaction in "
                     "blacklist|`to` address of transaction in blacklist)$")},
        {nonce_too_low, tail("(nonce too low|invalid transaction nonce)(:|$)")},
        {nonce_too_low,
         tail(
             "nonce too low: address 0x[0-9a-fA-F]{40} current nonce \\([0-9]+\\) > tx nonce \\([0-9]+\\)$")},
        {nonce_too_low, text("^Transaction nonce is too low. Try incrementing the nonce.|^Nonce too low$")},
        {nonce_too_low, tail("(OldNonce|Pool\\(Stale\\))$")},
        {nonce_too_low, tail("transaction already finalized$")},
        {replacement_underpriced, tail("replacement transaction underpriced$")},
        {replacement_underpriced, text("there is another tx which has the same nonce in the tx pool$")},
        {replacement_underpriced, text("^Replacement transaction underpriced$")},
        {replacement_underpriced, text("^Transaction gas price .+is too low. There is another transaction "
                                       "with same nonce in the queue")},
        {terminally_underpriced, tail("transaction underpriced")},
        {terminally_underpriced, tail("(gas price too low|FeeTooLow|FeeTooLowToCompete)$")},
        {terminally_underpriced, text("^Gas price below configured minimum gas price$")},
        {terminally_underpriced,
         text("^Transaction gas price is too low. It does not satisfy your node's minimal gas price")},
        {insufficient_eth,
         tail("(insufficient funds|insufficient balance for transfer|not enough funds for gas)")},
        {insufficient_eth,
         text("^Upfront cost exceeds account balance$|^Insufficient funds. The account|^Insufficient "
              "balance for transaction.")},
        {insufficient_eth, tail("InsufficientFunds(, Account balance: [0-9]+, cumulative cost: [0-9]+)?$")},
        {temporary,
         text("There are too many transactions in the queue. Your transaction was dropped due to limit.")},
        {temporary, tail("txpool is full")},
        {temporary, tail("(queue full|sequencer pending tx pool full, please try again)(:|$)")},
        {temporary, tail("tx fee \\([0-9.]+ [a-zA-Z]+\\) exceeds the configured cap")},
        {temporary, text("^Transaction fee cap exceeded$")},
        {temporary, tail("max fee per gas less than block base fee(:|$)")},
        {temporary, tail("(fee too low|fee too high|gas price too low): ")},
        {temporary, tail("(invalid gas fee cap|max fee per gas higher than max priority fee per gas)")},
        {temporary, tail("nonce too high(:|$)")},
    };
    return all;
}

}  // namespace

SendOutcome classify_send_error(std::string_view message) {
    // std::regex recurses for every character that a pattern like ".+" takes, so a text without end would end
    // the stack. What is cut off is marked, so that no "$" matches in the middle of it.
    const bool whole = message.size() <= most_looked_at;
    const std::string subject =
        whole ? std::string(message) : std::string(message.substr(0, most_looked_at)) + "...";
    for (const auto& rule : rules()) {
        if (std::regex_search(subject, rule.pattern)) return rule.outcome;
    }
    return SendOutcome::unknown;
}

}  // namespace baton::eth
