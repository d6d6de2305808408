/** From an opened link to an endpoint that answers, and all that is done with it after: one story, told in this order. */
import "./dashboard/overview";
import "./dashboard/designer";
import "./dashboard/calls";
import "./dashboard/deployments";
import "./dashboard/keys";
import "./dashboard/everywhere";
import "./dashboard/settings";
import "./dashboard/people";
