"""A function for awslambdaric: answers with what it was given and where it runs."""


def handler(event, context):
    if event == "raise":
        raise ValueError("asked for")
    print("a line from python")
    return {"event": event, "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis()}
