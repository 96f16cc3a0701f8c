// One command of the simulated host, and the piece of RAM that is its own: eight pages of data and two of lists, everything else in there
// being guard bytes.
using Nvmepf.Spec;

namespace Nvmepf.Tests.Simulation;

internal enum JobKind : byte
{
    Read,
    Write,
    Compare,
    WriteZeroes,
    Deallocate,
    Flush,
    Verify,
    Garbage,
    Admin,
    Abort,
    EventRequest,
}

/// <summary>A run of the data, in order; a bucket takes bytes of a read and has no memory.</summary>
internal struct Piece
{
    public ulong Address;
    public int LengthBytes;
    public bool IsBucket;
}

internal sealed class HostJob(int index, ulong area)
{
    public const int DataPages = 8;
    public const int PageBytes = 4096;
    public const int AreaBytes = (DataPages + 2) * PageBytes;
    public const int PiecesMax = 24;

    public readonly Piece[] Pieces = new Piece[PiecesMax];
    public readonly long[] RangeBegun = new long[4];
    public readonly int[] RangeBlock = new int[4];
    public readonly int[] RangeCount = new int[4];

    public int Index { get; } = index;

    public ulong Area { get; } = area;

    public ulong ListPage => Area + (DataPages * PageBytes);

    public bool IsActive { get; set; }

    public JobKind Kind { get; set; }

    public int Generation { get; set; }

    /// <summary>Changes with every use, so that a completion of an earlier life is not taken for this one's.</summary>
    public ushort CommandIdentifier => (ushort)((Generation << 6) | Index);

    public int SubmissionQueue { get; set; }

    /// <summary>Which entry of its queue it was, counted since the queue was created.</summary>
    public long Sequence { get; set; }

    public int Ranges { get; set; }

    public int PieceCount { get; set; }

    public int DataBytes { get; set; }

    public uint Write { get; set; }

    /// <summary>The oracle's moment of submission.</summary>
    public long Begun { get; set; }

    /// <summary>Begun while nothing goes wrong between host and device.</summary>
    public bool IsCalm { get; set; }

    /// <summary>Refusals of its addresses when it was submitted.</summary>
    public long RefusalsBefore { get; set; }

    public bool IsToHost { get; set; }

    /// <summary>What is wrong with it by intent; <see cref="StatusCode.Success"/> for nothing.</summary>
    public StatusCode Expected { get; set; }

    /// <summary>Something is wrong with it that has many names, or nothing that counts.</summary>
    public bool AnyStatus { get; set; }

    public bool IsAbortSent { get; set; }

    /// <summary>An Abort command said that this one was aborted.</summary>
    public bool IsAbortConfirmed { get; set; }

    /// <summary>For an Abort command: the command that it is for.</summary>
    public ushort AbortTarget { get; set; }

    public Status Status { get; set; }

    public uint Result { get; set; }

    public void Begin(JobKind kind)
    {
        Generation = (Generation + 1) & 0x3FF;
        Kind = kind;
        IsActive = true;
        Ranges = 0;
        PieceCount = 0;
        DataBytes = 0;
        IsToHost = false;
        Expected = StatusCode.Success;
        AnyStatus = false;
        IsAbortSent = false;
        IsAbortConfirmed = false;
    }
}
