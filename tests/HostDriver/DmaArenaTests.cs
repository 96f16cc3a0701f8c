using Nvmepf.HostDriver.VfioUser;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

public sealed unsafe class DmaArenaTests
{
    [Fact]
    public void Pieces_do_not_overlap_are_aligned_and_zeroed()
    {
        using var arena = new DmaArena(4 << 20);
        var random = new Random(3);
        var pieces = new List<HostBuffer>();
        for (int i = 0; i < 60; i++)
        {
            int alignment = 4096 << random.Next(3);
            HostBuffer piece = arena.Allocate(random.Next(1, 20_000), alignment);
            Assert.Equal(0UL, piece.Address % (ulong)alignment);
            Assert.Equal(-1, piece.Bytes.IndexOfAnyExcept((byte)0));
            piece.Bytes.Fill(0xEE);
            Assert.All(pieces, other => Assert.True(
                other.Address + (ulong)other.LengthBytes <= piece.Address || piece.Address + (ulong)piece.LengthBytes <= other.Address));
            pieces.Add(piece);
        }
    }

    [Fact]
    public void Everything_given_back_is_one_piece_again()
    {
        using var arena = new DmaArena(4 << 20);
        var random = new Random(5);
        var pieces = new List<HostBuffer>();
        for (int i = 0; i < 500; i++)
        {
            if (pieces.Count > 20 || (pieces.Count > 0 && random.Next(2) == 0))
            {
                int index = random.Next(pieces.Count);
                arena.Free(pieces[index]);
                pieces.RemoveAt(index);
            }
            else
            {
                pieces.Add(arena.Allocate(random.Next(1, 60_000), 4096 << random.Next(4)));
            }
        }

        pieces.ForEach(arena.Free);
        Assert.Equal(arena.LengthBytes, arena.FreeLengthBytes());
        HostBuffer all = arena.Allocate((int)arena.LengthBytes);
        Assert.Equal(arena.Address, all.Address);
    }

    [Fact]
    public void A_piece_across_the_seam_has_it_inside()
    {
        using var arena = new DmaArena(4 << 20);
        HostBuffer piece = arena.AllocateAcrossSeam(64 << 10);
        Assert.InRange(arena.SeamAddress, piece.Address + 1, piece.Address + (ulong)piece.LengthBytes - 1);
        _ = Assert.Throws<InvalidOperationException>(() => arena.AllocateAcrossSeam(8192));
        arena.Free(piece);
        Assert.Equal(arena.LengthBytes, arena.FreeLengthBytes());
    }

    [Fact]
    public void Asking_for_too_much_says_what_there_is()
    {
        using var arena = new DmaArena(4 << 20);
        string message = Assert.Throws<InvalidOperationException>(() => arena.Allocate(5 << 20)).Message;
        Assert.Contains($"{4 << 20}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_stay_inside()
    {
        using var arena = new DmaArena(4 << 20);
        HostBuffer piece = arena.Allocate(4096);
        Assert.Equal(piece.Address + 100, piece.Slice(100, 50).Address);
        Assert.Equal((nint)(piece.Pointer + 100), (nint)piece.Slice(100, 50).Pointer);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => piece.Slice(4000, 97));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => piece.Slice(-1, 10));
    }
}
