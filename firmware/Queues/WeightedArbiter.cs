using System.Runtime.CompilerServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// Weighted round robin with urgent priority class (NVMe Base 2.1 section 3.4.4.2) between I/O queues: urgent ones first, then rounds in which
/// each of the classes high, medium and low hands over as many commands as its weight says. Within a class, queues take turns of one
/// arbitration burst.
/// </summary>
/// <remarks>
/// <para>
/// All of the state: a reactor that arbitrates between queues of its own has one of these. A round that was cut short, because command slots
/// ran out or the turn was long enough, goes on in the next turn; that is what keeps the shares when commands are slow.
/// </para>
/// <para>
/// A priority is strict from turn to turn: a turn that took an urgent command takes none of the weighted classes. A host may so starve these,
/// as the standard warns. A class that has nothing to hand over, or no place for a completion, gives its share away.
/// </para>
/// <para>Plain round robin is not here, nor the admin queue, which comes before all others: the controller's turn does both.</para>
/// </remarks>
public struct WeightedArbiter
{
    /// <summary>
    /// Weighted commands after which a turn ends, and the longest visit where the burst has no limit: neither may grow with what a host submits.
    /// </summary>
    private const int TurnCommands = 64;

    private PerClass _queue; // the queue of each class whose visit it is
    private PerClass _visit; // commands that it may still hand over in this visit
    private PerClass _credit; // commands that a class may still hand over in this round

    /// <summary>Fetches and starts the I/O commands of one turn; the tails of all queues were polled, the admin queue was served.</summary>
    /// <param name="engine">What the commands run in.</param>
    /// <param name="queues">The queues.</param>
    /// <param name="feature">Weights.</param>
    /// <param name="burst">Arbitration burst in commands; int.MaxValue for no limit.</param>
    /// <param name="nowNanoseconds">The platform's time.</param>
    /// <returns>How many were fetched.</returns>
    public int Fetch(CommandEngine engine, QueueSet queues, ArbitrationFeature feature, int burst, long nowNanoseconds)
    {
        int urgent = FetchClass(engine, queues, QueuePriority.Urgent, int.MaxValue, burst, nowNanoseconds, out _);
        return urgent > 0 ? urgent : FetchWeighted(engine, queues, feature, burst, nowNanoseconds);
    }

    private int FetchWeighted(CommandEngine engine, QueueSet queues, ArbitrationFeature feature, int burst, long nowNanoseconds)
    {
        int fetched = 0;
        bool isNewRound = false;
        while (fetched < TurnCommands)
        {
            int before = fetched;
            bool someoneWaits = false;
            for (QueuePriority priority = QueuePriority.High; priority <= QueuePriority.Low; priority++)
            {
                ref int credit = ref _credit[(int)priority];
                int taken = FetchClass(engine, queues, priority, credit, burst, nowNanoseconds, out bool isFetching);
                credit -= taken;
                fetched += taken;
                someoneWaits |= isFetching && credit > 0;
                if (!engine.HasIoSlot)
                {
                    return fetched; // whoever has credit left has it when slots are free again
                }
            }

            // Entries that are on their way by DMA are candidates as well: their class keeps its share of the round.
            if (someoneWaits || (isNewRound && fetched == before))
            {
                break;
            }

            isNewRound = true;
            _credit[(int)QueuePriority.High] = feature.HighPriorityWeightZeroBased + 1;
            _credit[(int)QueuePriority.Medium] = feature.MediumPriorityWeightZeroBased + 1;
            _credit[(int)QueuePriority.Low] = feature.LowPriorityWeightZeroBased + 1;
        }

        return fetched;
    }

    /// <summary>Round robin within a class, from where it stopped, until nothing is left or the class has handed over its share.</summary>
    private int FetchClass(
        CommandEngine engine, QueueSet queues, QueuePriority priority, int credit, int burst, long nowNanoseconds, out bool isFetching)
    {
        ref int identifier = ref _queue[(int)priority];
        ref int visit = ref _visit[(int)priority];
        int highest = queues.HighestSubmission;
        int taken = 0;
        int fruitless = 0;
        isFetching = false;
        while (taken < credit && fruitless <= highest)
        {
            if (visit == 0)
            {
                identifier = identifier >= highest ? 1 : identifier + 1;
                visit = Math.Min(burst, TurnCommands);
            }

            SubmissionQueue queue = queues.Submission(identifier);
            bool isCandidate = queue.Priority == priority && queue.HasEntries && queue.State == SubmissionQueueState.Active;
            int count = isCandidate ? engine.FetchFrom(queue, Math.Min(visit, credit - taken), nowNanoseconds) : 0;
            if (count > 0)
            {
                fruitless = 0;
                taken += count;
                visit -= count;
                continue;
            }

            if (isCandidate && !engine.HasIoSlot)
            {
                break; // it is still its visit
            }

            isFetching |= isCandidate && queue.IsFetching;
            visit = 0;
            fruitless++;
        }

        return taken;
    }

    /// <summary>A number for each <see cref="QueuePriority"/>.</summary>
    [InlineArray(4)]
    private struct PerClass
    {
        private int _first;
    }
}
