"""The flow of money of one alert as a drawing: who paid whom, summed, folded, and laid out left to right."""

from dashboard.flow.drawing import Edge, Flow, Node, flow

__all__ = ["Edge", "Flow", "Node", "flow"]
