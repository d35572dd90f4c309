"""The flow of money of one alert as a drawing: who paid whom, summed, folded, and laid out left to right."""

from dashboard.flow.drawing import Edge, Flow, Node, drawing, flow
from dashboard.flow.sums import NATIVE_DECIMALS, wallet

__all__ = ["NATIVE_DECIMALS", "Edge", "Flow", "Node", "drawing", "flow", "wallet"]
