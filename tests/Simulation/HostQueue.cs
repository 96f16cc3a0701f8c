// Queues as a driver keeps them: a ring of entries in RAM, doorbells that it rings when it likes, a phase that it expects.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal sealed class HostSubmissionQueue(int identifier, ulong address)
{
    public int Identifier { get; } = identifier;

    public ulong Address { get; } = address;

    public bool Exists { get; set; }

    public bool IsDeleting { get; set; }

    public int Entries { get; set; }

    public int CompletionQueue { get; set; }

    /// <summary>Entries put in since the queue was created.</summary>
    public long Put { get; set; }

    /// <summary>Entries that the device has fetched, as SQHD told.</summary>
    public long Fetched { get; set; }

    public long Rung { get; set; }

    public bool IsFull => Put - Fetched >= Entries - 1;

    /// <summary>
    /// Room for one that may never be answered: such a one hides from the host that it was fetched, so that another must have room to tell.
    /// </summary>
    public bool HasRoomForRequest => Put - Fetched < Entries - 2;

    public int Tail => (int)(Put % Entries);

    public void Create(int entries, int completionQueue)
    {
        Entries = entries;
        CompletionQueue = completionQueue;
        Put = 0;
        Fetched = 0;
        Rung = 0;
        IsDeleting = false;
        Exists = true;
    }

    /// <summary>Takes SQHD; false where it is no place that the device can have come to.</summary>
    public bool TakeHead(int head)
    {
        if (head >= Entries)
        {
            return false;
        }

        long advanced = (head - (Fetched % Entries) + Entries) % Entries;
        if (advanced > Rung - Fetched)
        {
            return false;
        }

        Fetched += advanced;
        return true;
    }
}

internal sealed class HostCompletionQueue(int identifier, ulong address)
{
    public int Identifier { get; } = identifier;

    public ulong Address { get; } = address;

    public bool Exists { get; set; }

    public int Entries { get; set; }

    public int Vector { get; set; }

    /// <summary>Its entries are looked for when an interrupt came, and not before.</summary>
    public bool IsInterruptDriven { get; set; }

    public long InterruptsSeen { get; set; }

    public int Head { get; set; }

    public int RungHead { get; set; }

    public bool Phase { get; set; }

    /// <summary>Until this step nothing is taken, as by a host that is busy or broken.</summary>
    public long HeldUntil { get; set; }

    public ulong HeadAddress => Address + (ulong)(Head * CompletionQueueEntry.SizeBytes);

    public int LengthBytes => Entries * CompletionQueueEntry.SizeBytes;

    public void Create(int entries, int vector, bool isInterruptDriven, long interruptsSeen)
    {
        Entries = entries;
        Vector = vector;
        IsInterruptDriven = isInterruptDriven;
        InterruptsSeen = interruptsSeen;
        Head = 0;
        RungHead = 0;
        Phase = true;
        HeldUntil = 0;
        Exists = true;
    }

    public void Advance()
    {
        if (++Head == Entries)
        {
            Head = 0;
            Phase = !Phase;
        }
    }
}
