"""The words that the storefront's script needs. What stands still is in the templates."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

# A number of each plural category that JavaScript's Intl.PluralRules knows, in English and Russian.
CATEGORIES = {"one": 1, "few": 2, "many": 5, "other": 2}


def plural(singular: str, plural: str) -> dict[str, str]:
    return {category: ngettext(singular, plural, number) for category, number in CATEGORIES.items()}


def texts() -> dict[str, str | dict[str, str]]:
    """`{name}` is filled in by words.js; a text of plurals is chosen by `{n}`."""
    return {
        "greeting.morning": _("Good morning"),
        "greeting.day": _("Good afternoon"),
        "greeting.evening": _("Good evening"),
        "greeting.night": _("Still up?"),
        "greetingName": _("{greeting}, {name}"),
        "open": pgettext("shop", "Open"),
        "closed": pgettext("shop", "Closed"),
        "openUntil": _("Open until {time}"),
        "opensAt": _("Closed, opens {time}"),
        "pausedUntil": _("Very busy: new orders from {time}"),
        "readyIn": _("ready in {n} min"),
        "menuAge": _("This menu was loaded {age}. Prices may have changed."),
        "noPosition": _("Your browser did not say where you are. Choose from the list."),
        "nothingFound": _("Nothing is called “{text}” here. Try another word."),
        "found": plural("{n} product found", "{n} products found"),
        "addOne": _("Add {name}"),
        "chooseOne": _("Choose {name}"),
        "added": _("{name} is in your cart."),
        "keptFavourite": _("{name} is among your favourites."),
        "skipped": _("No longer on the menu: {names}"),
        "items": plural("{n} item", "{n} items"),
        "add": _("Add"),
        "change": _("Change"),
        "chooseExactly": _("choose {n}"),
        "chooseBetween": _("choose {least} to {most}"),
        "chooseUpTo": _("up to {n}"),
        "ifYouLike": _("if you like"),
        "goneProduct": _("No longer on the menu"),
        "soldOut": _("Sold out here for now."),
        "less": _("One {name} less"),
        "more": _("One {name} more"),
        "remove": _("Remove {name}"),
        "removed": _("{name} is removed."),
        "takeOut": _("Take it out"),
        "takeOnly": _("Take {n}"),
        "chooseAgain": _("Choose again"),
        "chooseTime": _("Choose a time"),
        "freeCup": _("Free: {name}"),
        "removeCode": _("Order without the code"),
        "removeReward": _("Keep the free cup for later"),
        "seeOrders": _("See your orders"),
        "toMenu": _("To the menu"),
        "asap": _("As soon as possible"),
        "asapAt": _("As soon as possible, about {time} (in {n} min)"),
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "order": _("Order"),
        "ordering": _("Ordering…"),
        "totalChanged": _("The price has changed: it is {total} now. Order again if that is fine with you."),
        "nameMissing": _("Tell us a name to call out."),
        "notSent": _("No connection: nothing has been ordered. Try again when it is back."),
        "signedOut": _("Your session has ended. Please sign in again."),
        "signedOutOrder": _(
            "Your session has ended, and nothing was ordered. Tap “Order” again to go on as a guest, or sign in."
        ),
        "unreachable": _("The shop does not answer. Please try again."),
        "tooOften": plural(
            "That was too often. Try again in {n} minute.", "That was too often. Try again in {n} minutes."
        ),
        "refused.other": _("That did not work."),
        "refused.cart_empty": _("Your cart is empty. Perhaps you ordered in another tab?"),
        "refused.not_found": _("That is not there any more."),
        "orderTitle": _("Order {number}"),
        "for": _("for {name}"),
        "here": _("for here"),
        "toGo": _("to go"),
        "status.pending": _("Your order is with us"),
        "status.accepted": _("Accepted"),
        "status.preparing": _("It is being made"),
        "status.ready": _("Ready. Come and get it!"),
        "status.completed": _("Enjoy!"),
        "status.cancelled": _("Cancelled"),
        "told.pending": _("Order {number} is waiting to be accepted."),
        "told.accepted": _("Order {number} is accepted."),
        "told.preparing": _("Order {number} is being made."),
        "told.ready": _("Order {number} is ready!"),
        "told.completed": _("Order {number} is handed over. Enjoy!"),
        "told.cancelled": _("Order {number} is cancelled."),
        "reason.not_accepted": _("The shop did not get to it in time. We are sorry."),
        "reason.not_fetched": _("Nobody came to fetch it."),
        "readyAt": _("ready at {time}"),
        "readyAtIn": _("ready at {time}, in {n} min"),
        "soonReady": _("It takes a little longer: any moment now."),
        "putOff": _("We promised {time} and are late. We are sorry."),
        "missingTold": _("We have told the bar that it isn't there. Someone is looking for it."),
        "payAtCounter": _("You pay at the counter."),
        "notYourOrder": _("There is no such order of yours here. Was it made with another account?"),
        "shareText": _("CoffeeShop order {number} for {name}. {place}: {items}"),
        "copied": _("Copied. Send it to whoever fetches your order."),
        "stampsLeft": plural("{n} more cup, and the next one is free.", "{n} more cups, and the next one is free."),
        "rewards": plural(
            "{n} free cup waits for you. Use it in the cart.", "{n} free cups wait for you. Use them in the cart."
        ),
        "codeTaken": _("The code is noted. It counts in your cart."),
        "unverified": _("Please confirm your e-mail address: we have sent you a link. You can order meanwhile."),
        "pendingEmail": _("{email} counts once you have opened the link that we sent there."),
        "guestLeaves": _("As a guest you cannot come back to these orders and stamps. Sign out all the same?"),
        "registered": _("Welcome! We have sent a link to {email} to confirm it."),
        "accountClosed": _("Your account is closed. Come back any time."),
        "saved": _("Saved."),
    }
