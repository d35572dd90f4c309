// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// ERC-4626 with OpenZeppelin's virtual shares; its operator pays in what the money has earned.
contract Vault is ERC4626 {
    address public immutable operator = msg.sender;
    uint8 private immutable _offset;

    event Earned(uint256 assets);

    constructor(IERC20 asset_, string memory name_, string memory symbol_, uint8 offset)
        ERC4626(asset_)
        ERC20(name_, symbol_)
    {
        _offset = offset;
    }

    /// As `deposit`, for those who state how many shares they expect at least (EIP-5143).
    function depositForAtLeast(uint256 assets, address receiver, uint256 least) external returns (uint256 shares) {
        shares = deposit(assets, receiver);
        require(shares >= least, "fewer shares than expected");
    }

    function earn(uint256 assets) external {
        require(msg.sender == operator, "not the operator");
        SafeERC20.safeTransferFrom(IERC20(asset()), msg.sender, address(this), assets);
        emit Earned(assets);
    }

    function _decimalsOffset() internal view override returns (uint8) {
        return _offset;
    }
}

/// The arithmetic of most vaults before virtual shares: the first depositor sets the price of a share.
contract OldVault is Vault {
    using Math for uint256;

    constructor(IERC20 asset_, string memory name_, string memory symbol_) Vault(asset_, name_, symbol_, 0) {}

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        uint256 supply = totalSupply();
        return supply == 0 ? assets : assets.mulDiv(supply, totalAssets(), rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        uint256 supply = totalSupply();
        return supply == 0 ? shares : shares.mulDiv(totalAssets(), supply, rounding);
    }
}

/// Is the first depositor and gives to the vault in one transaction; takes everything out in another.
contract Inflator {
    address private immutable _owner = msg.sender;
    ERC4626 private immutable _vault;
    IERC20 private immutable _asset;

    constructor(ERC4626 vault) {
        _vault = vault;
        _asset = IERC20(vault.asset());
        SafeERC20.safeApprove(_asset, address(vault), type(uint256).max);
    }

    /// Deposits `seed` units and gives all else it holds.
    function inflate(uint256 seed) external {
        require(msg.sender == _owner, "not the owner");
        _vault.deposit(seed, address(this));
        SafeERC20.safeTransfer(_asset, address(_vault), _asset.balanceOf(address(this)));
    }

    function collect() external {
        _vault.redeem(_vault.balanceOf(address(this)), _owner, address(this));
    }
}
