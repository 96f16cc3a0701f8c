using Nvmepf.Firmware.Queues;

namespace Nvmepf.Firmware.Controller;

/// <content>
/// Which submission queue hands over commands next (NVMe Base 2.1 section 3.4.4). Each reactor arbitrates between the queues that it has:
/// weights and bursts hold among these, and reactors do not wait for each other.
/// </content>
public sealed unsafe partial class QueueShare
{
    private WeightedArbiter _arbiter;
    private bool _isWeighted; // CC.AMS, as of the last enable
    private int _firstQueue; // where plain round robin begins its next turn

    /// <summary>The controller is enabled: arbitration starts anew.</summary>
    internal void BeginArbitration(bool isWeighted)
    {
        _isWeighted = isWeighted;
        _arbiter = default;
        _firstQueue = 0;
    }

    /// <summary>Fetches and starts the commands of one turn.</summary>
    /// <returns>How many.</returns>
    internal int PollQueues(long nowNanoseconds) => _isWeighted ? PollWeighted(nowNanoseconds) : PollInTurn(nowNanoseconds);

    /// <summary>
    /// Round robin over the queues with an arbitration burst each (NVMe Base 2.1 section 3.4.4.1). Where command slots run out, the next turn
    /// begins with the first queue that got none: a noisy queue with a low number does not keep the others waiting.
    /// </summary>
    private int PollInTurn(long nowNanoseconds)
    {
        int fetched = 0;
        int burst = Controller.Features.ArbitrationBurst;
        int count = Queues.HighestSubmission + 1;
        int next = _firstQueue < count ? _firstQueue : 0;
        _firstQueue = 0;
        for (int visits = 0; visits < count; visits++)
        {
            SubmissionQueue queue = Queues.Submission(next);
            next = next + 1 < count ? next + 1 : 0;
            if (queue.State != SubmissionQueueState.Active)
            {
                continue;
            }

            if (!queue.PollTail())
            {
                ReportBadDoorbell();
            }

            if (queue.HasEntries)
            {
                int taken = Engine.FetchFrom(queue, burst, nowNanoseconds);
                fetched += taken;
                Reactor.Statistics.FetchBatches += taken > 0 ? 1u : 0;
                if (taken == 0 && _firstQueue == 0 && !Engine.HasIoSlot)
                {
                    _firstQueue = queue.Identifier;
                }

                if (Controller.State != ControllerState.Ready)
                {
                    break;
                }
            }
        }

        return fetched;
    }

    /// <summary>Weighted round robin: the tails of all queues first, because classes come in their order and not queues.</summary>
    private int PollWeighted(long nowNanoseconds)
    {
        bool someHaveEntries = false;
        for (int i = 0; i <= Queues.HighestSubmission; i++)
        {
            SubmissionQueue queue = Queues.Submission(i);
            if (queue.State != SubmissionQueueState.Active)
            {
                continue;
            }

            if (!queue.PollTail())
            {
                ReportBadDoorbell();
            }

            someHaveEntries |= queue.HasEntries;
        }

        if (!someHaveEntries)
        {
            return 0;
        }

        SubmissionQueue admin = Queues.Submission(0);
        int fetched = admin.HasEntries ? Engine.FetchFrom(admin, int.MaxValue, nowNanoseconds) : 0;
        FeatureStore features = Controller.Features;
        if (Controller.State == ControllerState.Ready)
        {
            fetched += _arbiter.Fetch(Engine, Queues, features.Current.Arbitration, features.ArbitrationBurst, nowNanoseconds);
        }

        Reactor.Statistics.FetchBatches += fetched > 0 ? 1u : 0;
        return fetched;
    }
}
