// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What a guard may do at most. Times are seconds of block time: a pause ends by itself after `pauseSeconds`, a
/// proposal can be confirmed for `proposalSeconds`, and one to resume not before `resumeDelay`. In any 24 hours there
/// are `pausesADay` pauses. From `expires` on there is none. Where `alone`, a guardian pauses without a second key.
struct Bounds {
    uint32 pausesADay;
    uint32 pauseSeconds;
    uint32 proposalSeconds;
    uint32 resumeDelay;
    uint64 expires;
    bool alone;
}

enum Role {
    None,
    Guardian,
    Confirmer
}

enum Kind {
    Pause,
    Resume
}

enum State {
    Unknown,
    Proposed,
    Done,
    Withdrawn
}

/// What was proposed of a vault, by whom and when. `reason` says for which alert.
struct Proposal {
    address vault;
    Kind kind;
    State state;
    address by;
    uint64 at;
    bytes32 reason;
}

/// Pauses vaults that ask it whether they are paused. A guardian proposes, a confirmer confirms, and nobody is both.
/// Each proposal is taken once. What gives more power waits for the time lock; what takes some away does not.
contract Guard {
    uint64 private constant DAY = 1 days;
    uint64 private constant GRACE = 7 days;

    uint32 public immutable delay;
    address public owner;
    address public heir;
    Bounds public bounds;
    mapping(address => Role) public roleOf;
    mapping(address => bool) public guarded;
    mapping(address => uint64) public pausedUntil;
    mapping(bytes32 => uint64) public readyAt;
    mapping(bytes32 => Proposal) private _proposals;
    bytes32[] private _keys;
    uint64[] private _pauses;

    event Proposed(bytes32 indexed key, address indexed vault, Kind kind, address by, bytes32 reason);
    event Confirmed(bytes32 indexed key, address by);
    event Paused(bytes32 indexed key, address indexed vault, uint64 until);
    event Resumed(bytes32 indexed key, address indexed vault);
    event ProposalWithdrawn(bytes32 indexed key);
    event Scheduled(bytes32 indexed change, uint64 readyAt);
    event Cancelled(bytes32 indexed change);
    event BoundsSet(Bounds bounds);
    event RoleSet(address indexed who, Role role);
    event VaultSet(address indexed vault, bool guarded);
    event HandingOver(address indexed owner, address indexed heir);
    event HandedOver(address indexed before, address indexed owner);

    error NotTheOwner(address sender);
    error NotTheHeir(address sender);
    error NotAGuardian(address sender);
    error NotAConfirmer(address sender);
    error NotThroughTheTimeLock(address sender);
    error NotScheduled(bytes32 change);
    error TooSoon(uint64 from);
    error TooLate(uint64 until);
    error BadBounds();
    error Expired(uint64 at);
    error NotGuarded(address vault);
    error NeedsASecondKey();
    error KnownAlready(bytes32 key);
    error NotProposed(bytes32 key);
    error PausedAlready(address vault);
    error NotPaused(address vault);
    error CapUsedUp(uint32 pausesADay);

    constructor(uint32 delay_, Bounds memory bounds_, address guardian, address confirmer, address vault) {
        delay = delay_;
        owner = msg.sender;
        emit HandedOver(address(0), msg.sender);
        _setBounds(bounds_);
        _setRole(guardian, Role.Guardian);
        _setRole(confirmer, Role.Confirmer);
        _setVault(vault, true);
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
        _;
    }

    modifier onlyItself() {
        if (msg.sender != address(this)) revert NotThroughTheTimeLock(msg.sender);
        _;
    }

    modifier inForce() {
        if (block.timestamp >= bounds.expires) revert Expired(bounds.expires);
        _;
    }

    // What guardians and confirmers do.

    /// A guardian's proposal, which a confirmer has to confirm.
    function propose(Kind kind, address vault, bytes32 reason) external inForce {
        if (roleOf[msg.sender] != Role.Guardian) revert NotAGuardian(msg.sender);
        _note(kind, vault, reason);
    }

    /// A pause by one key, where the bounds allow it. There is no such way to resume.
    function pause(address vault, bytes32 reason) external inForce {
        if (roleOf[msg.sender] != Role.Guardian) revert NotAGuardian(msg.sender);
        if (!bounds.alone) revert NeedsASecondKey();
        bytes32 key = _note(Kind.Pause, vault, reason);
        _carryOut(key, _proposals[key]);
    }

    function confirm(bytes32 key) external inForce {
        if (roleOf[msg.sender] != Role.Confirmer) revert NotAConfirmer(msg.sender);
        Proposal storage found = _proposals[key];
        if (found.state != State.Proposed) revert NotProposed(key);
        if (found.by == msg.sender) revert NeedsASecondKey();
        uint64 last = found.at + bounds.proposalSeconds;
        if (block.timestamp > last) revert TooLate(last);
        if (found.kind == Kind.Resume && block.timestamp < found.at + bounds.resumeDelay) {
            revert TooSoon(found.at + bounds.resumeDelay);
        }
        emit Confirmed(key, msg.sender);
        _carryOut(key, found);
    }

    // What anybody may ask.

    function isPaused(address vault) public view returns (bool) {
        return block.timestamp < pausedUntil[vault];
    }

    /// Pauses of the last 24 hours, of all vaults.
    function recentPauses() external view returns (uint256 found) {
        for (uint256 at = _pauses.length; at > 0 && _pauses[at - 1] + DAY > block.timestamp; at--) found++;
    }

    function keyOf(Kind kind, address vault, bytes32 reason) public pure returns (bytes32) {
        return keccak256(abi.encode(kind, vault, reason));
    }

    function proposal(bytes32 key) external view returns (Proposal memory) {
        return _proposals[key];
    }

    function count() external view returns (uint256) {
        return _keys.length;
    }

    function keyAt(uint256 number) external view returns (bytes32) {
        return _keys[number];
    }

    // What the owner does at once: it takes power away.

    function revoke(address who) external onlyOwner {
        _setRole(who, Role.None);
    }

    function withdraw(bytes32 key) external onlyOwner {
        if (_proposals[key].state != State.Proposed) revert NotProposed(key);
        _proposals[key].state = State.Withdrawn;
        emit ProposalWithdrawn(key);
    }

    // What the owner does through the time lock: `change` is the data of a call of one of the three below.

    function schedule(bytes calldata change) external onlyOwner {
        bytes32 name = keccak256(change);
        readyAt[name] = uint64(block.timestamp) + delay;
        emit Scheduled(name, readyAt[name]);
    }

    function cancel(bytes calldata change) external onlyOwner {
        delete readyAt[keccak256(change)];
        emit Cancelled(keccak256(change));
    }

    function execute(bytes calldata change) external onlyOwner {
        bytes32 name = keccak256(change);
        uint64 from = readyAt[name];
        if (from == 0) revert NotScheduled(name);
        if (block.timestamp < from) revert TooSoon(from);
        if (block.timestamp > from + GRACE) revert TooLate(from + GRACE);
        delete readyAt[name];
        (bool done, bytes memory why) = address(this).call(change);
        if (!done) {
            assembly {
                revert(add(why, 32), mload(why))
            }
        }
    }

    function setBounds(Bounds calldata to) external onlyItself {
        _setBounds(to);
    }

    function setRole(address who, Role role) external onlyItself {
        _setRole(who, role);
    }

    function setVault(address vault, bool isGuarded) external onlyItself {
        _setVault(vault, isGuarded);
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

    function _note(Kind kind, address vault, bytes32 reason) private returns (bytes32 key) {
        if (!guarded[vault]) revert NotGuarded(vault);
        key = keyOf(kind, vault, reason);
        if (_proposals[key].state != State.Unknown) revert KnownAlready(key);
        if (kind == Kind.Pause && isPaused(vault)) revert PausedAlready(vault);
        if (kind == Kind.Resume && !isPaused(vault)) revert NotPaused(vault);
        _proposals[key] = Proposal(vault, kind, State.Proposed, msg.sender, uint64(block.timestamp), reason);
        _keys.push(key);
        emit Proposed(key, vault, kind, msg.sender, reason);
    }

    function _carryOut(bytes32 key, Proposal storage found) private {
        if (!guarded[found.vault]) revert NotGuarded(found.vault);
        found.state = State.Done;
        if (found.kind == Kind.Resume) {
            if (!isPaused(found.vault)) revert NotPaused(found.vault);
            pausedUntil[found.vault] = 0;
            emit Resumed(key, found.vault);
            return;
        }
        if (isPaused(found.vault)) revert PausedAlready(found.vault);
        uint32 most = bounds.pausesADay;
        uint256 before = _pauses.length;
        if (before >= most && _pauses[before - most] + DAY > block.timestamp) revert CapUsedUp(most);
        _pauses.push(uint64(block.timestamp));
        uint64 until = uint64(block.timestamp) + bounds.pauseSeconds;
        pausedUntil[found.vault] = until;
        emit Paused(key, found.vault, until);
    }

    function _setBounds(Bounds memory to) private {
        bool isRight = to.pausesADay > 0 && to.pausesADay <= 24 && to.pauseSeconds > 0 && to.pauseSeconds <= 7 days
            && to.proposalSeconds > 0 && to.proposalSeconds <= 7 days && to.resumeDelay < to.proposalSeconds;
        if (!isRight) revert BadBounds();
        bounds = to;
        emit BoundsSet(to);
    }

    function _setRole(address who, Role role) private {
        roleOf[who] = role;
        emit RoleSet(who, role);
    }

    function _setVault(address vault, bool isGuarded) private {
        guarded[vault] = isGuarded;
        emit VaultSet(vault, isGuarded);
    }
}
