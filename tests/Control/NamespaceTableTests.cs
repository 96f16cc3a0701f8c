using Nvmepf.Firmware.Namespaces;
using Xunit;

namespace Nvmepf.Tests.Control;

public sealed class NamespaceTableTests
{
    private static NvmeNamespace Make(uint identifier) => new(identifier, new NullBackend(1 << 20), 512, Guid.Empty, new byte[16]);

    [Fact]
    public void A_namespace_that_comes_gets_a_place_and_stands_in_order()
    {
        NamespaceTable table = new([Make(2), Make(5)], 8);
        Assert.True(table.TryAdd(Make(1)) >= 0);
        Assert.True(table.TryAdd(Make(7)) >= 0);
        uint[] order = [.. Enumerable.Range(0, table.AllocatedCount).Select(rank => table.InOrder(rank).NamespaceId)];
        Assert.Equal([1, 2, 5, 7], order);
        Assert.All(order, identifier => Assert.Equal(identifier, table[table.IndexOf(identifier)].NamespaceId));
        Assert.Equal(-1, table.IndexOf(3));
        Assert.Equal(-1, table.IndexOf(0));
    }

    [Fact]
    public void Indexes_stay_while_others_come_and_go()
    {
        NamespaceTable table = new([Make(1), Make(2), Make(3)], 8);
        int third = table.IndexOf(3);
        table.RemoveAt(table.IndexOf(1));
        Assert.Equal(-1, table.IndexOf(1));
        Assert.Equal(third, table.IndexOf(3));
        Assert.Equal(2, table.AllocatedCount);
        Assert.Equal(0u, table[0].NamespaceId);
        Assert.True(table.TryAdd(Make(1)) >= 0);
        Assert.Equal(third, table.IndexOf(3));
        Assert.Equal(1u, table.InOrder(0).NamespaceId);
    }

    [Fact]
    public void A_full_table_takes_no_more_until_one_goes()
    {
        NamespaceTable table = new([Make(1)], 2);
        Assert.True(table.CanGrow);
        Assert.True(table.TryAdd(Make(2)) >= 0);
        Assert.Equal(-1, table.TryAdd(Make(3)));
        table.RemoveAt(table.PlaceOf(1));
        Assert.True(table.TryAdd(Make(3)) >= 0);
        Assert.Equal(2, table.Count);
        Assert.Equal(3u, table[table.IndexOf(3)].NamespaceId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_changes_agrees_with_a_dictionary(int seed)
    {
        Random random = new(seed);
        NamespaceTable table = new([], 16);
        Dictionary<uint, NvmeNamespace> model = [];
        for (int i = 0; i < 2000; i++)
        {
            uint identifier = (uint)random.Next(1, 40);
            int place = table.PlaceOf(identifier);
            Assert.Equal(model.ContainsKey(identifier), place >= 0);
            if (place >= 0)
            {
                Assert.Same(model[identifier], table[place]);
                table.RemoveAt(place);
                _ = model.Remove(identifier);
            }
            else if (table.TryAdd(Make(identifier)) is int added and >= 0)
            {
                model.Add(identifier, table[added]);
            }
            else
            {
                Assert.Equal(16, model.Count);
            }

            Assert.Equal(model.Count, table.AllocatedCount);
        }
    }
}
