"""The notifications service: a table of contents."""

from services.notifications import handlers, queries
from services.notifications.audience import segments
from services.notifications.audience.rebuilding import Rebuilding
from services.notifications.campaigns.book import Library
from services.notifications.campaigns.commands import Office
from services.notifications.planning.planner import Planner
from services.notifications.replies import answering, calling, opening, unsubscribing
from services.notifications.results import reporting
from services.notifications.sending import restoring
from services.notifications.sending.delivery import Delivery
from services.notifications.sending.sender import Means, Outbox, measure_pending
from services.notifications.store import NotificationsStore
from services.notifications.texts import examining
from services.notifications.what_if import previewing, simulating
from services.notifications.what_if.rehearsing import Look
from wafa.runtime.clock import clock_at
from wafa.runtime.entrypoint import INTERNAL_BYTES, consume
from wafa.runtime.providers import EventPublisher, FromSettings, MongoStore, Traces
from wafa.runtime.rpc import rpc
from wafa.runtime.timing import every


class NotificationsService:
    """Contacts customers, and can say of each why it did or did not."""

    name = "notifications"
    store = MongoStore(NotificationsStore)
    publish = EventPublisher()
    tracer = Traces()
    delivery = FromSettings(Delivery.from_settings)
    library = FromSettings(Library.from_settings)
    now = FromSettings(lambda settings: clock_at(settings.clock_shift))

    @property
    def book(self):
        """The campaigns."""
        return self.library.book(self.store)

    @property
    def office(self):
        """Where people see to campaigns."""
        return Office(self.store, self.book, self.delivery.renderer.check)

    @property
    def rebuilding(self):
        """How the audience is made anew."""
        return Rebuilding(self.store)

    @consume("wafa.notifications", max_bytes=INTERNAL_BYTES)
    def take_in(self, events):
        """Learn about customers, and plan messages to them."""
        return handlers.take_in(events, self.store, self.publish, self.book, now=self.now())

    @every(seconds=1)
    def plan(self):
        """Turn broadcasts, and what the calendar brings, into messages."""
        Planner(self.store, self.book, self.now).plan_due()

    @every(seconds=1)
    def send(self):
        """Send what is due."""
        delivery = self.delivery.with_calls(self.store).traced_by(self.tracer)
        Outbox(Means(self.store, self.publish, delivery, self.book, self.now)).send_due()

    @every(seconds=5)
    def sweep(self):
        """Tell of calls that nobody has told of; say how long the oldest unfinished message has waited."""
        calling.log_attempts(self.store, self.publish, self.now())
        measure_pending(self.store, self.now())

    @every(seconds=60)
    def tidy(self):
        """Drop what a dead rebuild of the audience has left."""
        self.rebuilding.tidy()

    @rpc
    def audience(self, customer_id):
        """Return what is known of a customer."""
        return queries.audience(self.store, customer_id)

    @rpc
    def outreach(self, customer_id=None, campaign=None, before=None, limit=50):
        """Return messages to a customer or of a campaign, each with its decision."""
        return queries.outreach(
            self.store, customer_id=customer_id, campaign=campaign, before=before, limit=limit
        )

    @rpc
    def counts(self, campaign=None):
        """Return how many messages there are in each state, and for each reason."""
        return queries.counts(self.store, campaign)

    @rpc
    def segments(self):
        """Return the predefined segments, and the traits that rules may name."""
        return segments.segments()

    @rpc
    def segment_count(self, rule):
        """Return how many customers are in a segment now."""
        return segments.segment_count(self.store, rule, self.now())

    @rpc
    def segment_sample(self, rule, limit=10):
        """Return some customers of a segment, with their traits."""
        return segments.segment_sample(self.store, rule, limit, self.now())

    @rpc
    def campaign_check(self, campaign, texts):
        """Say what is wrong with a campaign and its texts."""
        return self.office.check(campaign, texts, self.now())

    @rpc
    def campaign_draft(self, campaign, texts):
        """Keep a campaign as a new version, to be launched."""
        return self.office.draft(campaign, texts, self.now())

    @rpc
    def campaign_launch(self, campaign):
        """Let journeys begin with the newest version of a campaign."""
        return self.office.launch(campaign, self.now())

    @rpc
    def campaign_pause(self, campaign):
        """Let nothing of a campaign go out."""
        return self.office.pause(campaign)

    @rpc
    def campaign_resume(self, campaign):
        """Let a paused campaign go on."""
        return self.office.resume(campaign)

    @rpc
    def campaign_finish(self, campaign):
        """Let no more journeys of a campaign begin."""
        return self.office.finish(campaign, self.now())

    @rpc
    def campaign_show(self, campaign):
        """Return all that is known of a campaign."""
        return self.office.show(campaign)

    @rpc
    def campaigns(self, before=None, limit=50):
        """Return a page of campaigns in short, by name."""
        return self.office.campaigns(before, limit)

    @rpc
    def check_texts(self, texts, purpose):
        """Say what is wrong with texts for messages of a purpose."""
        return examining.check_texts(self.delivery.renderer, texts, purpose)

    @rpc
    def show_texts(self, texts, template=None):
        """Return texts filled in with samples."""
        return examining.show_texts(self.delivery.renderer, texts, template)

    @rpc
    def campaign_preview(self, campaign, on=None):
        """Return whom a campaign would reach, whom not and why, and what it would say."""
        delivery = self.delivery.with_calls(self.store)
        look = Look(self.store, self.book, delivery.channels, delivery.write)
        return previewing.preview(look, campaign, on, self.now())

    @rpc
    def campaign_simulate(self, campaign, since, until=None, every=None, after=None, limit=200):
        """Play the past of a campaign with the next customers."""
        return simulating.campaign_simulate(
            self.store,
            self.book,
            campaign,
            since,
            until,
            every=every,
            after=after,
            limit=limit,
            now=self.now(),
        )

    @rpc
    def campaign_report(self, campaign):
        """Return what a campaign did and what came of it."""
        return reporting.campaign_report(self.store, self.book, campaign, self.now())

    @rpc
    def calls(self, state="open", limit=50, before=None):
        """Return a page of the list of calls for staff."""
        return calling.calls(self.store, state, limit, before)

    @rpc
    def call_done(self, call_id, outcome, agent, note=None):
        """Take down how a call ended."""
        return calling.call_done(self.store, self.publish, call_id, outcome, agent, note, now=self.now())

    @rpc
    def link(self, token):
        """Return what a message's link is for, and do nothing of it."""
        return opening.opened(self.store, self.delivery.links, token)

    @rpc
    def unsubscribe(self, token):
        """Withdraw the consent that a message's link stands for."""
        return unsubscribing.unsubscribe(self.store, self.publish, self.delivery.links, token, now=self.now())

    @rpc
    def answer(self, token):
        """Publish the answer that a message's link stands for."""
        return answering.answer(self.store, self.publish, self.delivery.links, token, now=self.now())

    @rpc
    def restored(self):
        """Tell whether outreach waits because a backup was restored."""
        return restoring.is_restored(self.store)

    @rpc
    def after_restore(self, send_due=False):
        """Let outreach go on after a restore, without what is due by now unless that is asked for."""
        return restoring.go_on(self.store, send_due, self.now())

    @rpc
    def rebuild_audience_begin(self, silent=True):
        """Begin to make the audience anew; nobody is contacted meanwhile."""
        return self.rebuilding.begin(silent)

    @rpc
    def relearn(self, rebuild, events):
        """Learn what events say of customers; plan and publish nothing."""
        return self.rebuilding.relearn(rebuild, events)

    @rpc
    def rebuild_audience_keep(self, rebuild, after=None, limit=500):
        """Take over a page of what nobody else can tell again."""
        return self.rebuilding.keep(rebuild, after, limit)

    @rpc
    def rebuild_audience_compare(self, rebuild, after=None, limit=500):
        """Compare a page of the audience with the one made anew."""
        return self.rebuilding.compare(rebuild, after, limit)

    @rpc
    def rebuild_audience_settle(self, rebuild, customer_ids, repair=False):
        """Look at customers again, and put right what is different about them."""
        return self.rebuilding.settle(rebuild, customer_ids, repair)

    @rpc
    def rebuild_audience_end(self, rebuild):
        """End it, wherever it stands."""
        self.rebuilding.end(rebuild)
