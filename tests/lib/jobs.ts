import { randomUUID } from "node:crypto";
import type { Address } from "viem";

export interface Job {
    /** Row id, as the API gives it. */
    id: string;
    externalJobId: string;
}

const decodeLog =
    'decode_log [type=ethabidecodelog abi="OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment, address callbackAddr, bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data)" data="$(jobRun.logData)" topics="$(jobRun.logTopics)"]';

const answer = (operator: Address, value: string, minConfirmations: number) => `
encode_data [type=ethabiencode abi="(uint256 value)" data=<{"value": $(${value})}>]
encode_call [type=ethabiencode
    abi="fulfillOracleRequest(bytes32 requestId, uint256 payment, address callbackAddress, bytes4 callbackFunctionId, uint256 expiration, bytes32 calldata data)"
    data=<{"requestId": $(decode_log.requestId), "payment": $(decode_log.payment), "callbackAddress": $(decode_log.callbackAddr), "callbackFunctionId": $(decode_log.callbackFunctionId), "expiration": $(decode_log.cancelExpiration), "data": $(encode_data)}>]
submit [type=ethtx to="${operator}" data="$(encode_call)" minConfirmations="${minConfirmations}"]`;

interface DirectRequest {
    operator: Address;
    name?: string;
    externalJobId?: string;
    confirmations?: number;
    minConfirmations?: number;
    /** Asks this address in between; the answer has to be {"data":{"result":N}}. */
    adapterUrl?: string;
    /** Further lines of the specification. */
    extra?: string;
}

/** Answers 100 times the value that the request carries, or that the adapter gives. */
export function directRequestJob(options: DirectRequest): { externalJobId: string; toml: string } {
    const externalJobId = options.externalJobId ?? randomUUID();
    const ask = options.adapterUrl
        ? `get [type=http method=GET url="${options.adapterUrl}" allowUnrestrictedNetworkAccess="true"]
pick [type=jsonparse path="data,result" data="$(get)"]`
        : "";
    const source = options.adapterUrl ? "pick" : "decode_cbor.value";
    const toml = `
type = "directrequest"
schemaVersion = 1
name = "${options.name ?? `request ${externalJobId.slice(0, 8)}`}"
externalJobID = "${externalJobId}"
contractAddress = "${options.operator}"
minIncomingConfirmations = ${options.confirmations ?? 1}
minContractPaymentLinkJuels = "0"
${options.extra ?? ""}
observationSource = """
${decodeLog}
decode_cbor [type=cborparse data="$(decode_log.data)"]
${ask}
multiply [type=multiply input="$(${source})" times=100]
${answer(options.operator, "multiply", options.minConfirmations ?? 1)}
decode_log -> decode_cbor -> ${options.adapterUrl ? "get -> pick -> " : ""}multiply -> encode_data -> encode_call -> submit
"""
`;
    return { externalJobId, toml };
}

/** Asks bridges; the sum of what they give is the answer. Asynchronous ones deliver {"result": N} or a number. */
export function bridgeJob(bridges: string[], options: { async?: boolean; cacheTTL?: string } = {}): { externalJobId: string; toml: string } {
    const externalJobId = randomUUID();
    const extra = `${options.async ? "async=true" : ""} ${options.cacheTTL ? `cacheTTL="${options.cacheTTL}"` : ""}`;
    const asks = bridges.map((name, i) => `ask${i} [type=bridge name="${name}" requestData=<{"data": {"n": ${i}}}> ${extra}]
parse${i} [type=jsonparse data="$(ask${i})" path="result" lax=true]
ask${i} -> parse${i} -> sum`);
    const toml = `
type = "webhook"
schemaVersion = 1
externalJobID = "${externalJobId}"
observationSource = """
${asks.join("\n")}
sum [type=sum]
"""
`;
    return { externalJobId, toml };
}

/** Multiplies the value in the body by 10: {"value": 4} gives 40. Asks the adapter, if there is one, before it ends. */
export function webhookJob(options: { name?: string; externalJobId?: string; adapterUrl?: string } = {}): { externalJobId: string; toml: string } {
    const externalJobId = options.externalJobId ?? randomUUID();
    const ask = options.adapterUrl
        ? `ask [type=http method=POST url="${options.adapterUrl}" requestData="{}" allowUnrestrictedNetworkAccess="true"]`
        : "";
    const toml = `
type = "webhook"
schemaVersion = 1
name = "${options.name ?? `webhook ${externalJobId.slice(0, 8)}`}"
externalJobID = "${externalJobId}"
observationSource = """
parse [type=jsonparse path="value" data="$(jobRun.requestBody)"]
multiply [type=multiply input="$(parse)" times=10]
${ask}
${options.adapterUrl ? "ask -> " : ""}parse -> multiply
"""
`;
    return { externalJobId, toml };
}
