using System.Runtime.InteropServices;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;

namespace Nvmepf.Tests.Io;

/// <summary>What a reactor does with a memory that it shares: batches of writes, each full of one number, and reads.</summary>
internal sealed unsafe class SharedMemoryUser
{
    private const int Rounds = 10_000;
    private const int BatchMax = 8;
    private const int WriteBytes = 4096; // past the caches
    private const int Places = 6; // few, so that they meet
    private readonly RamBackend _ram;
    private readonly Barrier _start;
    private readonly int _number;

    internal SharedMemoryUser(RamBackend ram, Barrier start, int number)
    {
        _ram = ram;
        _start = start;
        _number = number;
    }

    /// <summary>Reads that found more than one number.</summary>
    internal int Torn { get; private set; }

    /// <summary>Reads that found the other one's number.</summary>
    internal int SeenOfTheOther { get; private set; }

    internal void Run()
    {
        Random random = new(_number);
        byte* buffers = (byte*)NativeMemory.AlignedAlloc((BatchMax + 1) * WriteBytes, WriteBytes);
        BackendOperation* operations = stackalloc BackendOperation[BatchMax + 1];
        HostSegment* segments = stackalloc HostSegment[BatchMax + 1];
        new Span<BackendOperation>(operations, BatchMax + 1).Clear();
        for (int i = 0; i <= BatchMax; i++)
        {
            segments[i] = new HostSegment { Local = buffers + (i * WriteBytes), LengthBytes = WriteBytes };
            operations[i].Segments = segments + i;
            operations[i].SegmentCount = 1;
        }

        _start.SignalAndWait();
        for (int round = 0; round < Rounds; round++)
        {
            WriteBatch(random, operations, round);
            Read(random, ref operations[BatchMax]);
        }

        NativeMemory.AlignedFree(buffers);
    }

    private static ulong Place(Random random) => (ulong)random.Next(Places) * ((64 * 1024) + WriteBytes);

    private void WriteBatch(Random random, BackendOperation* operations, int round)
    {
        int count = 0;
        for (int wanted = random.Next(1, BatchMax + 1); count < wanted; count++)
        {
            ref BackendOperation operation = ref operations[count];
            operation.Begin(BackendOperationKind.Write, BackendFlags.None, Place(random), WriteBytes);
            operation.NextOfBatch = null;
            new Span<ulong>(operation.Segments->Local, WriteBytes / 8).Fill(((ulong)_number << 32) | (uint)round);
            if (!_ram.TryBeginWrite(ref operation, count == 0 ? null : operations + count - 1))
            {
                break;
            }

            if (count > 0)
            {
                operations[count - 1].NextOfBatch = operations + count;
            }
        }

        if (count > 0)
        {
            _ram.EndWrites(operations);
        }
    }

    private void Read(Random random, ref BackendOperation operation)
    {
        operation.Begin(BackendOperationKind.Read, BackendFlags.None, Place(random), WriteBytes);
        if (_ram.Submit(ref operation) == BackendOutcome.Busy)
        {
            return; // the other one is in it
        }

        ReadOnlySpan<ulong> words = new(operation.Segments->Local, WriteBytes / 8);
        Torn += words.ContainsAnyExcept(words[0]) ? 1 : 0;
        SeenOfTheOther += words[0] >> 32 == (ulong)(3 - _number) ? 1 : 0;
    }
}
