// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Blocks `first` to `last` of the watched chain, and what was said of them: `leaves` revisions of alerts under
/// `root`, by the run of detection `run`; `audited` rows of who did what, the last of them with `audit` as hash.
struct Stretch {
    uint64 first;
    uint64 last;
    uint64 leaves;
    uint64 audited;
    bytes32 root;
    bytes32 run;
    bytes32 audit;
}

/// Keeps what was said of one chain, stretch after stretch. Nothing is changed or removed: a stretch begins where
/// the last one ended, and only the owner adds one.
contract AlertAnchor {
    uint64 public immutable watched;
    uint64 public next;
    address public owner;
    address public heir;
    Stretch[] private _stretches;

    event Anchored(uint256 indexed number, uint64 indexed first, uint64 indexed last, bytes32 root);
    event HandingOver(address indexed owner, address indexed heir);
    event HandedOver(address indexed before, address indexed owner);

    error NotTheOwner(address sender);
    error NotTheHeir(address sender);
    error AnotherChain(uint64 watched, uint64 told);
    error NotTheNext(uint64 expected, uint64 told);
    error EndsBeforeItBegins(uint64 first, uint64 last);
    error AuditShrank(uint64 before, uint64 told);

    constructor(uint64 chain, uint64 first) {
        watched = chain;
        next = first;
        owner = msg.sender;
        emit HandedOver(address(0), msg.sender);
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
        _;
    }

    function anchor(uint64 chain, Stretch calldata stretch) external onlyOwner {
        if (chain != watched) revert AnotherChain(watched, chain);
        if (stretch.first != next) revert NotTheNext(next, stretch.first);
        if (stretch.last < stretch.first) revert EndsBeforeItBegins(stretch.first, stretch.last);
        uint256 number = _stretches.length;
        if (number > 0 && stretch.audited < _stretches[number - 1].audited) {
            revert AuditShrank(_stretches[number - 1].audited, stretch.audited);
        }
        next = stretch.last + 1;
        _stretches.push(stretch);
        emit Anchored(number, stretch.first, stretch.last, stretch.root);
    }

    function count() external view returns (uint256) {
        return _stretches.length;
    }

    function stretches(uint256 number) external view returns (Stretch memory) {
        return _stretches[number];
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
}
