// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// How much may leave a vault in each `window`, in units of what it keeps: `most` at score 0, `least` at the worst,
/// `unknown` where no score is fresh. A score stands for `lifetime`, comes at most once in `interval`, and differs from
/// the one before by `rise` or `fall` at most. Times are seconds of block time.
struct Scale {
    uint128 least;
    uint128 most;
    uint128 unknown;
    uint32 window;
    uint32 interval;
    uint32 lifetime;
    uint32 rise;
    uint32 fall;
}

/// Turns the risk score that an oracle writes into a limit, inside bounds that only the owner sets.
contract RiskLimit {
    uint32 public constant WORST = 1_000_000;

    address public owner;
    address public heir;
    address public oracle;
    Scale public scale;
    uint32 public score;
    uint64 public scoredAt;

    event Scored(uint32 score, uint256 limit);
    event ScaleSet(Scale scale);
    event OracleSet(address indexed oracle);
    event HandingOver(address indexed owner, address indexed heir);
    event HandedOver(address indexed before, address indexed owner);

    error NotTheOwner(address sender);
    error NotTheHeir(address sender);
    error NotTheOracle(address sender);
    error BadScale();
    error AboveTheWorst(uint32 score);
    error TooSoon(uint64 from);
    error TooFar(uint32 before, uint32 score);

    constructor(Scale memory scale_, address oracle_) {
        owner = msg.sender;
        emit HandedOver(address(0), msg.sender);
        _setScale(scale_);
        oracle = oracle_;
        emit OracleSet(oracle_);
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
        _;
    }

    function write(uint32 to) external {
        if (msg.sender != oracle) revert NotTheOracle(msg.sender);
        if (to > WORST) revert AboveTheWorst(to);
        if (scoredAt != 0 && block.timestamp < scoredAt + scale.interval) revert TooSoon(scoredAt + scale.interval);
        bool isFar = to > score ? to - score > scale.rise : score - to > scale.fall;
        if (isFar) revert TooFar(score, to);
        score = to;
        scoredAt = uint64(block.timestamp);
        emit Scored(to, limit());
    }

    /// What may leave in a window now: never below `least`, never above `most`.
    function limit() public view returns (uint256) {
        if (scoredAt == 0 || block.timestamp > scoredAt + scale.lifetime) return scale.unknown;
        return scale.most - (uint256(scale.most - scale.least) * score) / WORST;
    }

    function setScale(Scale calldata to) external onlyOwner {
        _setScale(to);
    }

    function setOracle(address to) external onlyOwner {
        oracle = to;
        emit OracleSet(to);
    }

    /// The first step: the owner stays who it is until the heir accepts.
    function handOver(address to) external onlyOwner {
        heir = to;
        emit HandingOver(owner, to);
    }

    function accept() external {
        if (msg.sender != heir) revert NotTheHeir(msg.sender);
        emit HandedOver(owner, heir);
        owner = heir;
        heir = address(0);
    }

    function _setScale(Scale memory to) private {
        bool isRight = to.least > 0 && to.least <= to.unknown && to.unknown <= to.most && to.window > 0
            && to.lifetime > to.interval && to.rise > 0 && to.fall > 0;
        if (!isRight) revert BadScale();
        scale = to;
        emit ScaleSet(to);
    }
}
