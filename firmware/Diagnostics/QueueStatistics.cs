using System.Runtime.CompilerServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>Kinds of commands that are counted apart, by opcode (NVM Command Set 1.1 section 3.1).</summary>
public enum CommandClass : byte
{
    /// <summary>Flush, opcode 0.</summary>
    Flush,

    /// <summary>Write, opcode 1.</summary>
    Write,

    /// <summary>Read, opcode 2.</summary>
    Read,

    /// <summary>Every other I/O command, and on queue 0 every command.</summary>
    Other,
}

/// <summary>
/// What was completed, for each submission queue and class of commands: how many, how many with an error, how many bytes, and how long it took,
/// in native memory that is mapped once. Each queue's numbers are written by the one reactor that has the queue; any thread reads them.
/// </summary>
/// <remarks>
/// Words of 64 bits, stored whole: a reader sees each number as it was at some moment, two numbers perhaps at two moments. They only grow; who
/// wants a rate subtracts. What a command took is counted from the turn that fetched it to the end of the turn that posted its completion,
/// for only then does the loop look at the clock (<see cref="CompletedCommands"/>).
/// </remarks>
public sealed unsafe class QueueStatistics : IDisposable
{
    /// <summary>Kinds of commands.</summary>
    public const int ClassCount = 4;

    private const int HeadWords = 8;
    private const int WordsPerClass = HeadWords + ((LatencyHistogram.BucketCount + 7) & ~7); // whole cache lines
    private readonly ulong* _words; // mapped memory of this object: queues, classes of each, words of each; touched when something is counted
    private readonly nuint _mappedBytes;

    /// <summary>Maps memory for so many queues, the admin queue included.</summary>
    /// <exception cref="PlatformException">There is no memory.</exception>
    public QueueStatistics(int queueCount)
    {
        QueueCount = queueCount;
        _mappedBytes = (nuint)queueCount * ClassCount * WordsPerClass * sizeof(ulong);
        int error = MemoryMappings.MapAnonymous(_mappedBytes, MapFlags.NoReserve, out void* memory);
        if (error < 0)
        {
            throw new PlatformException($"cannot map {_mappedBytes} bytes for statistics of {queueCount} queues: {Errno.Describe(error)}");
        }

        _words = (ulong*)memory;
    }

    /// <summary>Queues, the admin queue included.</summary>
    public int QueueCount { get; }

    /// <summary>The class of a command.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CommandClass ClassOf(ushort queueId, byte opcode) => queueId == 0 || opcode > (byte)CommandClass.Other ? CommandClass.Other : (CommandClass)opcode;

    /// <summary>Counts commands that took equally long; for the reactor that has the queue.</summary>
    /// <param name="queueId">SQID.</param>
    /// <param name="commandClass">Their class.</param>
    /// <param name="isError">Whether they ended with an error.</param>
    /// <param name="commands">How many.</param>
    /// <param name="bytes">Data of all of them.</param>
    /// <param name="nanoseconds">What each took.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(ushort queueId, CommandClass commandClass, bool isError, ulong commands, ulong bytes, ulong nanoseconds)
    {
        ulong* words = At(queueId, commandClass);
        words[0] += commands;
        words[1] += isError ? commands : 0;
        words[2] += bytes;
        words[3] += commands * nanoseconds;
        words[4] = Math.Max(words[4], nanoseconds);
        words[HeadWords + LatencyHistogram.BucketOf(nanoseconds)] += commands;
    }

    /// <summary>Reads the numbers of a queue and class, from any thread.</summary>
    public ClassNumbers Read(int queueId, CommandClass commandClass)
    {
        ulong* words = At(queueId, commandClass);
        return new ClassNumbers(
            Volatile.Read(ref words[0]), Volatile.Read(ref words[1]), Volatile.Read(ref words[2]), Volatile.Read(ref words[3]), Volatile.Read(ref words[4]));
    }

    /// <summary>Adds the histogram of a queue and class to counts, from any thread.</summary>
    public void AddHistogram(int queueId, CommandClass commandClass, Span<ulong> counts)
    {
        ulong* words = At(queueId, commandClass) + HeadWords;
        for (int i = 0; i < LatencyHistogram.BucketCount; i++)
        {
            counts[i] += Volatile.Read(ref words[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = MemoryMappings.Unmap(_words, _mappedBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* At(int queueId, CommandClass commandClass)
    {
        Invariant.Check((uint)queueId < (uint)QueueCount, "a queue that there is");
        return _words + (((queueId * ClassCount) + (int)commandClass) * WordsPerClass); // inside the mapping
    }
}

/// <summary>What was completed of a queue and class.</summary>
/// <param name="Commands">How many commands.</param>
/// <param name="Errors">How many of them with an error.</param>
/// <param name="Bytes">Data that they moved, or wanted to.</param>
/// <param name="Nanoseconds">What they took, added up.</param>
/// <param name="LongestNanoseconds">What the longest took.</param>
public readonly record struct ClassNumbers(ulong Commands, ulong Errors, ulong Bytes, ulong Nanoseconds, ulong LongestNanoseconds);
