using Nvmepf.Firmware.Configuration;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class SeveralFunctionsTests
{
    private const string Controllers = """{"name": "vm", "vfio_user": {"directory": "/run/vm"}, "functions": ["f0", "f1"]}""";

    private static string Json(string second = "nqn.2026-01.lab:a", string disk = "/srv/b", string attributes = "", string controllers = Controllers) => $$$"""
        {
          "subsystems": [
            {"nqn": "nqn.2026-01.lab:a", "attr": { {{{attributes}}} }, "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "/srv/a"}}]},
            {"nqn": "nqn.2026-01.lab:b", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "{{{disk}}}"}}]}],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["nqn.2026-01.lab:a", "nqn.2026-01.lab:b"]}],
          "functions": [
            {"name": "f0", "nvme": {"subsysnqn": "nqn.2026-01.lab:a"}},
            {"name": "f1", "msix_interrupts": 9, "deviceid": "0xcafe", "nvme": {"subsysnqn": "{{{second}}}"}}],
          "controllers": [{{{controllers}}}]
        }
        """;

    private static IReadOnlyList<ServedFunction> Functions(string json) => ServedConfiguration.Resolve(Judge.FileTree(json)).Functions;

    [Fact]
    public void Each_function_has_its_subsystem_identity_and_socket()
    {
        IReadOnlyList<ServedFunction> functions = Functions(Json(second: "nqn.2026-01.lab:b"));
        Assert.Equal(["f0", "f1"], functions.Select(function => function.Settings.Name));
        Assert.Equal(["nqn.2026-01.lab:a", "nqn.2026-01.lab:b"], functions.Select(function => function.Settings.SubsystemNqn));
        Assert.Equal(["/run/vm/f0", "/run/vm/f1"], functions.Select(function => function.VfioUserDirectory));
        Assert.Equal([0xBEEF, 0xCAFE], functions.Select(function => (int)function.Identity.DeviceId));
        Assert.Equal([4, 8], functions.Select(function => function.Settings.IoQueueCount));
        Assert.All(functions, function => Assert.Equal(1, function.Settings.ControllerId));
        Assert.All(functions, function => Assert.False(function.Settings.HasSiblings));
        Assert.NotSame(functions[0].Namespaces, functions[1].Namespaces);
    }

    [Fact]
    public void Functions_of_one_subsystem_share_its_namespaces_and_have_controller_ids_of_their_own()
    {
        IReadOnlyList<ServedFunction> functions = Functions(Json(attributes: "\"cntlid_min\": 5"));
        Assert.Same(functions[0].Namespaces, functions[1].Namespaces);
        Assert.Equal([5, 6], functions.Select(function => (int)function.Settings.ControllerId));
        Assert.All(functions, function => Assert.True(function.Settings.HasSiblings));
        Assert.Equal(
            "a.json: subsystems[0].attr.cntlid_max \"5\": the subsystem has 2 functions or more, and each needs a controller ID; allowed: 6 or more",
            Judge.ErrorOfFile(Json(attributes: "\"cntlid_min\": 5, \"cntlid_max\": 5")));
    }

    [Fact]
    public void The_only_subsystem_may_be_left_out_although_it_is_on_two_ports()
    {
        const string Nqn = "nqn.2026-01.lab:a";
        IReadOnlyList<ServedFunction> functions = Functions($$$"""
            {
              "subsystems": [{"nqn": "{{{Nqn}}}", "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "/srv/a"}}]}],
              "ports": [
                {"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["{{{Nqn}}}"]},
                {"portid": 2, "addr": {"trtype": "pci"}, "subsystems": ["{{{Nqn}}}"], "ana_groups": [{"grpid": 1, "ana": {"state": "inaccessible"}}]}],
              "functions": [{"name": "f0", "nvme": {"portid": 1}}, {"name": "f1", "nvme": {"portid": 2}}],
              "controllers": [{{{Controllers}}}]
            }
            """);
        Assert.All(functions, function => Assert.Equal(Nqn, function.Settings.SubsystemNqn));
        Assert.Equal([0, 1], functions.Select(function => function.Settings.AnaGroups.Length));
    }

    [Fact]
    public void Two_subsystems_do_not_share_storage() => Assert.Equal(
        "a.json: subsystems[1].namespaces[0].device.path \"/srv/a\": namespace 1 is there already; allowed: storage that no other namespace uses",
        Judge.ErrorOfFile(Json(second: "nqn.2026-01.lab:b", disk: "/srv/a")));

    [Theory]
    [InlineData(
        """{"name": "a", "vfio_user": {"directory": "/run/a"}, "functions": ["f0"]}, {"name": "b", "vfio_user": {"directory": "/run/a/"}, "functions": ["f1"]}""",
        "controllers[1].vfio_user.directory \"/run/a/\": function f0 has its socket there; allowed: a directory of its own for each function")]
    [InlineData(
        """{"name": "a", "vfio_user": {"directory": "/run/a"}, "functions": ["f0", "f0"]}""",
        "controllers[0].functions[1] \"f0\": is linked to a controller that starts already; allowed: one that is not")]
    [InlineData(
        """{"name": "a", "rk3588": {"bar_memory": "hugepages"}, "functions": ["f0", "f1"]}""",
        "controllers[0].functions: 2 functions on an rk3588; allowed: one")]
    [InlineData(
        """{"name": "a", "rk3588": {"bar_memory": "hugepages"}, "functions": ["f0"]}, {"name": "b", "rk3588": {"bar_memory": "hugepages"}, "functions": ["f1"]}""",
        "controllers[1].platform \"rk3588\": another controller has it; allowed: one rk3588")]
    public void What_cannot_stand_side_by_side_is_refused(string controllers, string line) =>
        Assert.Equal("a.json: " + line, Judge.ErrorOfFile(Json(controllers: controllers)));
}
