"""The findings of a scan to a plan that clears them: fixes are tried on the model first, and put in an order.

Nothing is run. A fix that would not clear its finding, or would raise another, is not part of the plan.
"""

from lvsdoctor.fixes.plan.nouns import ByHand, Cleared, Plan, PlanStep, Rejected, StillLost
from lvsdoctor.fixes.plan.planning import plan

__all__ = ["ByHand", "Cleared", "Plan", "PlanStep", "Rejected", "StillLost", "plan"]
