// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "@openzeppelin/contracts/interfaces/IERC3156.sol";
import "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import "./spot.sol";

interface AavePool {
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata data, uint16 code)
        external;
    function liquidationCall(address collateral, address debt, address borrower, uint256 amount, bool receiveAToken)
        external;
    function supply(address asset, uint256 amount, address onBehalfOf, uint16 code) external;
    function withdraw(address asset, uint256 amount, address to) external returns (uint256);
    function borrow(address asset, uint256 amount, uint256 mode, uint16 code, address onBehalfOf) external;
    function repay(address asset, uint256 amount, uint256 mode, address onBehalfOf) external returns (uint256);
}

interface PoolV3 {
    function token0() external view returns (IERC20);
    function flash(address to, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

struct SwapV3 {
    address sold;
    address bought;
    uint24 fee;
    address to;
    uint256 deadline;
    uint256 amount;
    uint256 least;
    uint160 limit;
}

interface RouterV3 {
    function exactInputSingle(SwapV3 calldata swap) external returns (uint256);
}

/// Who lends without collateral until the transaction ends.
enum Source {
    Aave,
    UniswapV2,
    UniswapV3,
    Erc3156
}

/// Trades with pools directly, for its owner alone.
abstract contract Swapper {
    using SafeERC20 for IERC20;

    address internal immutable _owner = msg.sender;

    modifier onlyOwner() {
        require(msg.sender == _owner, "not the owner");
        _;
    }

    /// Sells to a Uniswap V2 pool, without its router.
    function _swap(Pair pair, IERC20 sold, uint256 amount) internal returns (uint256 bought) {
        (uint256 reserve0, uint256 reserve1, ) = pair.getReserves();
        bool first = pair.token0() == sold;
        (uint256 into, uint256 out) = first ? (reserve0, reserve1) : (reserve1, reserve0);
        bought = (amount * 997 * out) / (into * 1000 + amount * 997);
        sold.safeTransfer(address(pair), amount);
        pair.swap(first ? 0 : bought, first ? bought : 0, address(this), "");
    }

    function _swapV3(RouterV3 router, IERC20 sold, IERC20 bought, uint24 fee, uint256 amount)
        internal
        returns (uint256)
    {
        _allow(sold, address(router), amount);
        SwapV3 memory swap = SwapV3(
            address(sold), address(bought), fee, address(this), block.timestamp, amount, 0, 0
        );
        return router.exactInputSingle(swap);
    }

    function _allow(IERC20 asset, address spender, uint256 amount) internal {
        if (asset.allowance(address(this), spender) < amount) asset.safeApprove(spender, type(uint256).max);
    }

    /// Everything it holds of `asset`, which must be at least so much, to the owner.
    function _keep(IERC20 asset, uint256 least) internal {
        uint256 held = asset.balanceOf(address(this));
        require(held >= least, "not worth it");
        if (held > 0) asset.safeTransfer(_owner, held);
    }
}

/// Borrows in a flash from any of four sources, does what it is for, and pays back. Only its owner begins.
abstract contract Flash is Swapper, IERC3156FlashBorrower {
    using SafeERC20 for IERC20;

    address private _lender;

    modifier onlyLender() {
        require(msg.sender == _lender && _lender != address(0), "not the lender");
        _;
    }

    /// What is done with the loan; `amount` and the fee must be held at its end.
    function _use(IERC20 asset, uint256 amount, uint256 fee) internal virtual;

    function _borrow(Source source, address lender, IERC20 asset, uint256 amount) internal {
        _lender = lender;
        if (source == Source.Aave) {
            AavePool(lender).flashLoanSimple(address(this), address(asset), amount, "", 0);
        } else if (source == Source.UniswapV2) {
            bool first = Pair(lender).token0() == asset;
            Pair(lender).swap(first ? amount : 0, first ? 0 : amount, address(this), hex"01");
        } else if (source == Source.UniswapV3) {
            bool first = PoolV3(lender).token0() == asset;
            bytes memory data = abi.encode(asset, amount);
            PoolV3(lender).flash(address(this), first ? amount : 0, first ? 0 : amount, data);
        } else {
            IERC3156FlashLender(lender).flashLoan(this, address(asset), amount, "");
        }
        _lender = address(0);
    }

    function executeOperation(address asset, uint256 amount, uint256 premium, address, bytes calldata)
        external
        onlyLender
        returns (bool)
    {
        _use(IERC20(asset), amount, premium);
        _allow(IERC20(asset), msg.sender, amount + premium);
        return true;
    }

    function uniswapV2Call(address, uint256 amount0, uint256 amount1, bytes calldata) external onlyLender {
        IERC20 asset = amount0 > 0 ? Pair(msg.sender).token0() : Pair(msg.sender).token1();
        uint256 amount = amount0 + amount1;
        uint256 due = (amount * 1000) / 997 + 1;
        _use(asset, amount, due - amount);
        asset.safeTransfer(msg.sender, due);
    }

    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external onlyLender {
        (IERC20 asset, uint256 amount) = abi.decode(data, (IERC20, uint256));
        _use(asset, amount, fee0 + fee1);
        asset.safeTransfer(msg.sender, amount + fee0 + fee1);
    }

    function onFlashLoan(address, address asset, uint256 amount, uint256 fee, bytes calldata)
        external
        onlyLender
        returns (bytes32)
    {
        _use(IERC20(asset), amount, fee);
        _allow(IERC20(asset), msg.sender, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}
